// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/performance.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <chrono>
#include <map>

using namespace luxtronik;
using namespace std::chrono_literals;

namespace {

using Counts = std::map<std::string, std::int64_t>;

/// A pump that heats, as firmware from 3.89 on shows it.
Counts heating() {
    return {{"operation_mode_code", 0},  {"compressor_1_output", 1}, {"compressor_1_starts_count", 7},
            {"heat_output_w", 8800},     {"electric_input_w", 1950}, {"second_heater_1_output", 0},
            {"defrost_valve_output", 0}, {"heating_flow_l_h", 1240}};
}

struct Watched {
    Performance performance;
    bridge::Timestamp time{std::chrono::hours(500'000)};

    /// What is known after `later`, of a pump that shows this.
    std::optional<bridge::Value> after(std::chrono::milliseconds later, Counts const& counts,
                                       std::string const& name = "cop", double flow_c = 35.4) {
        time += later;
        bridge::Sample sample{"", "", time, {{"flow_temperature_c", flow_c}, {"return_temperature_c", 29.3}}};
        for (auto const& [field, value] : counts) sample.readings.push_back({field, value});
        performance.add_to(sample);
        return test::value_of({sample}, "", name);
    }
};

Counts with(Counts counts, std::string const& name, std::int64_t value) {
    counts[name] = value;
    return counts;
}

Counts without(Counts counts, std::string const& name) {
    counts.erase(name);
    return counts;
}

}  // namespace

TEST_CASE("the coefficient of performance is there once the pump has run steadily for three minutes") {
    Watched pump;
    CHECK_FALSE(pump.after(0s, heating()));
    CHECK_FALSE(pump.after(90s, heating()));
    CHECK_FALSE(pump.after(89s, heating()));
    CHECK(pump.after(1s, heating()) == bridge::Value(4.51));
    CHECK(pump.after(30s, with(heating(), "heat_output_w", 9000)) == bridge::Value(4.62));
}

TEST_CASE("whatever is switched, or goes unseen, makes the coefficient wait anew") {
    Watched pump;
    (void)pump.after(0s, heating());
    REQUIRE(pump.after(3min, heating()));
    auto const changed =
        GENERATE(as<std::pair<char const*, int>>{}, std::pair("operation_mode_code", 1),
                 std::pair("compressor_1_starts_count", 8), std::pair("compressor_2_output", 1));
    auto const other = with(heating(), changed.first, changed.second);
    CHECK_FALSE(pump.after(30s, other));
    CHECK_FALSE(pump.after(179s, other));
    CHECK(pump.after(1s, other).has_value());
    CHECK_FALSE(pump.after(16min, other));
    CHECK(pump.after(3min, other).has_value());
    CHECK_FALSE(pump.after(-1h, other));
}

TEST_CASE("what is not known for certain has no coefficient") {
    auto const odd =
        GENERATE(with(heating(), "compressor_1_output", 0), with(heating(), "operation_mode_code", 7),
                 with(heating(), "operation_mode_code", 4), with(heating(), "operation_mode_code", 26),
                 with(heating(), "defrost_valve_output", 1), with(heating(), "second_heater_1_output", 1),
                 with(heating(), "heat_output_w", 0), with(heating(), "heat_output_w", 2'147'483'647),
                 with(heating(), "electric_input_w", 0), with(heating(), "electric_input_w", 99'999),
                 with(heating(), "electric_input_w", 150), with(heating(), "electric_input_w", 60'000),
                 without(heating(), "heat_output_w"), without(heating(), "electric_input_w"),
                 without(heating(), "operation_mode_code"));
    Watched pump;
    (void)pump.after(0s, odd);
    CHECK_FALSE(pump.after(10min, odd));
}

TEST_CASE("where the controller has no heat output, it is estimated from flow and spread") {
    auto const old = without(heating(), "heat_output_w");
    std::string const name = "heat_output_estimated_w";
    // 1240 l/h times 6.1 K times 1.163 Wh/(l K)
    CHECK(Watched().after(0s, old, name) == bridge::Value(std::int64_t{8797}));
    CHECK(Watched().after(0s, with(heating(), "heat_output_w", 0), name) ==
          bridge::Value(std::int64_t{8797}));
    CHECK(Watched().after(0s, with(old, "compressor_1_output", 0), name) == bridge::Value(std::int64_t{0}));
    CHECK_FALSE(Watched().after(0s, heating(), name));
    CHECK_FALSE(Watched().after(0s, without(old, "heating_flow_l_h"), name));
    CHECK_FALSE(Watched().after(0s, with(old, "heating_flow_l_h", 0), name));
    CHECK_FALSE(Watched().after(0s, with(old, "operation_mode_code", 7), name));
    CHECK_FALSE(Watched().after(0s, with(old, "operation_mode_code", 4), name));
    CHECK_FALSE(Watched().after(0s, with(old, "second_heater_1_output", 1), name));
    CHECK_FALSE(Watched().after(0s, old, name, 29.3));
}
