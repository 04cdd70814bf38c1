// SPDX-License-Identifier: MIT
#include <bridge/metrics.hpp>

#include "catch.hpp"
#include "matchers.hpp"

#include <limits>
#include <thread>
#include <vector>

using namespace bridge;

TEST_CASE("metrics are written as Prometheus reads them") {
    Metrics metrics;
    metrics.counter("b_total", "What b counts.", {{"device", "cellar"}, {"reason", "late"}}).add(3);
    metrics.counter("b_total", "What b counts.", {{"device", "attic"}, {"reason", "late"}}).add();
    (void)metrics.counter("a_total", "What a counts.");  // there, and not counted yet
    metrics.gauge("c_up", "1 while up.").set(1);
    metrics.gauge("d_c", "Degrees.").set(-22.7);
    CHECK(metrics.text() ==
          "# HELP a_total What a counts.\n"
          "# TYPE a_total counter\n"
          "a_total 0\n"
          "# HELP b_total What b counts.\n"
          "# TYPE b_total counter\n"
          "b_total{device=\"attic\",reason=\"late\"} 1\n"
          "b_total{device=\"cellar\",reason=\"late\"} 3\n"
          "# HELP c_up 1 while up.\n"
          "# TYPE c_up gauge\n"
          "c_up 1\n"
          "# HELP d_c Degrees.\n"
          "# TYPE d_c gauge\n"
          "d_c -22.7\n");
}

TEST_CASE("a label's quotes, backslashes and line ends are escaped") {
    Metrics metrics;
    metrics.counter("x_total", "X.", {{"text", "a\"b\\c\nd"}}).add();
    CHECK_THAT(metrics.text(), contains_text("x_total{text=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST_CASE("a gauge may be infinite or nothing") {
    Metrics metrics;
    auto& gauge = metrics.gauge("x", "X.");
    gauge.set(std::numeric_limits<double>::infinity());
    CHECK_THAT(metrics.text(), Catch::Matchers::EndsWith("\nx +Inf\n"));
    gauge.set(-std::numeric_limits<double>::infinity());
    CHECK_THAT(metrics.text(), Catch::Matchers::EndsWith("\nx -Inf\n"));
    gauge.set(std::numeric_limits<double>::quiet_NaN());
    CHECK_THAT(metrics.text(), Catch::Matchers::EndsWith("\nx NaN\n"));
}

TEST_CASE("the same name and labels are the same counter") {
    Metrics metrics;
    Counter& first = metrics.counter("x_total", "X.", {{"a", "1"}});
    for (int i = 0; i < 1000; ++i) metrics.counter("x_total", "X.", {{"a", std::to_string(i)}}).add();
    CHECK(&first == &metrics.counter("x_total", "X.", {{"a", "1"}}));
    CHECK(first.value() == 1);
}

TEST_CASE("many threads count without losing one") {
    Metrics metrics;
    Counter& counter = metrics.counter("x_total", "X.");
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&counter] {
            for (int i = 0; i < 50'000; ++i) counter.add();
        });
    }
    threads.clear();
    CHECK(counter.value() == 200'000);
}
