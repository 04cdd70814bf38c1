// SPDX-License-Identifier: MIT
#include "mfm2mqtt/meter.hpp"

#include "catch.hpp"

#include <random>

using namespace mfm;
using namespace std::chrono_literals;

namespace {

// A whole minute of absolute time.
constexpr bridge::Timestamp minute{1785570000000ms};
static_assert(minute.time_since_epoch() % 60s == 0ms);

template <class T>
T reading(bridge::Sample const& sample, std::string const& name) {
    for (auto const& reading : sample.readings) {
        if (reading.name == name) return std::get<T>(reading.value);
    }
    FAIL("no " + name);
    return {};
}

}  // namespace

TEST_CASE("an interval of absolute time becomes one sample: newest, mean, least, most, count") {
    Window window(1s);
    CHECK_FALSE(window.add({minute, 50'010}));
    CHECK_FALSE(window.add({minute + 360ms, 49'990}));
    CHECK_FALSE(window.add({minute + 999ms, 50'003}));
    auto const sample = window.add({minute + 1000ms, 50'100});
    REQUIRE(sample);
    CHECK((*sample == bridge::Sample{"",
                                     "",
                                     minute + 999ms,
                                     {{"frequency_hz", 50.003},
                                      {"frequency_mean_hz", 50.001},
                                      {"frequency_min_hz", 49.99},
                                      {"frequency_max_hz", 50.01},
                                      {"line_count", std::int64_t{3}}}}));
}

TEST_CASE("a window's samples have its channel") {
    Window window(10s, "10s");
    (void)window.add({minute, 50'000});  // the first has no interval before it
    auto const sample = window.add({minute + 10s, 50'001});
    REQUIRE(sample);
    CHECK(sample->channel == "10s");
}

TEST_CASE("intervals begin at whole multiples of their length, wherever the first line fell") {
    using Row = std::tuple<std::chrono::milliseconds, bridge::Timestamp, bridge::Timestamp>;
    for (auto const& [interval, now, end] :
         {Row{1s, minute, minute + 1s}, Row{1s, minute + 1ms, minute + 1s},
          Row{1s, minute + 999ms, minute + 1s}, Row{10s, minute + 9999ms, minute + 10s},
          Row{60s, minute + 59s, minute + 60s}, Row{100ms, minute, minute + 100ms},
          Row{1500ms, minute + 1499ms, minute + 1500ms}}) {
        CHECK((Window(interval).end(now) == end));
    }
}

TEST_CASE("an interval is closed by the clock once it has ended, and only then") {
    Window window(1s);
    (void)window.add({minute + 500ms, 50'000});  // the first has no interval before it
    CHECK_FALSE(window.close(minute + 999ms));
    auto const sample = window.close(minute + 1000ms);
    REQUIRE(sample);
    CHECK(sample->time == minute + 500ms);
    CHECK_FALSE(window.close(minute + 2000ms));
}

TEST_CASE("an interval without a line has no sample") {
    Window window(1s);
    CHECK_FALSE(window.close(minute));
    CHECK_FALSE(window.finish());
    (void)window.add({minute, 50'000});  // the first has no interval before it
    auto const sample = window.add({minute + 10s, 50'001});
    REQUIRE(sample);
    CHECK(reading<std::int64_t>(*sample, "line_count") == 1);
    CHECK(sample->time == minute);
}

TEST_CASE("what there is so far can be had before the interval ends, and nothing of it comes twice") {
    Window window(10s);
    (void)window.add({minute, 50'000});  // the first has no interval before it
    (void)window.add({minute + 1s, 50'002});
    auto const sample = window.finish();
    REQUIRE(sample);
    CHECK(reading<std::int64_t>(*sample, "line_count") == 2);
    CHECK_FALSE(window.finish());
    CHECK_FALSE(window.close(minute + 20s));
}

TEST_CASE("a clock set back ends the interval, and mixes nothing") {
    Window window(1s);
    (void)window.add({minute + 5s, 50'000});  // the first has no interval before it
    auto const sample = window.add({minute, 49'000});
    REQUIRE(sample);
    CHECK(reading<double>(*sample, "frequency_min_hz") == 50.0);
}

TEST_CASE("the mean is that of all lines, to a tenth of a millihertz") {
    std::mt19937 random(1);
    std::uniform_int_distribution<std::uint32_t> frequency(49'900, 50'100);
    for (int lines = 1; lines < 200; ++lines) {
        Window window(60s);
        std::int64_t sum = 0;
        for (int i = 0; i < lines; ++i) {
            auto const value = frequency(random);
            sum += value;
            (void)window.add({minute + i * 100ms, value});  // all in one interval
        }
        auto const sample = window.finish();
        REQUIRE(sample);
        // Half up in integers of 0.1 mHz.
        std::int64_t const tenths = (sum * 20 + lines) / (2 * lines);
        CHECK(reading<double>(*sample, "frequency_mean_hz") == static_cast<double>(tenths) / 10'000);
    }
}
