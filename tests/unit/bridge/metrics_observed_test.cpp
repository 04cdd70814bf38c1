// SPDX-License-Identifier: MIT
#include <bridge/metrics.hpp>

#include "catch.hpp"

using namespace bridge;

TEST_CASE("what a device reports is shown under its type, as it was last set") {
    Metrics metrics;
    auto& runtime = metrics.observed("pump_runtime_seconds", "Runtime.", Observed::Type::counter,
                                     {{"device", "heatpump"}});
    runtime.set(40'000'000);
    runtime.set(39'999'999);  // another controller was put in
    CHECK(metrics.text() ==
          "# HELP pump_runtime_seconds Runtime.\n# TYPE pump_runtime_seconds counter\n"
          "pump_runtime_seconds{device=\"heatpump\"} 39999999\n");
}

TEST_CASE("what a device no longer reports is not shown") {
    Metrics metrics;
    auto& flow = metrics.observed("flow_celsius", "Flow.", Observed::Type::gauge);
    CHECK(metrics.text().empty());
    flow.set(22.7);
    CHECK(metrics.text() == "# HELP flow_celsius Flow.\n# TYPE flow_celsius gauge\nflow_celsius 22.7\n");
    flow.clear();
    CHECK(metrics.text().empty());
}
