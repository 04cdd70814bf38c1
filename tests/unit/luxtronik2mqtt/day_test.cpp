// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/day.hpp"
#include "luxtronik2mqtt/kept_day.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <chrono>

using namespace luxtronik;
using namespace std::chrono_literals;
using test::must;

namespace {

constexpr std::chrono::sys_days first_day = std::chrono::year(2026) / 1 / 15;

/// A heat pump of which everything is known.
struct Pump {
    std::map<std::string, double> decimals = {{"heat_heating_kwh", 1000},
                                              {"heat_dhw_kwh", 300},
                                              {"electric_heating_kwh", 250},
                                              {"electric_dhw_kwh", 100}};
    std::map<std::string, std::int64_t> counts = {
        {"heat_pump_runtime_s", 500'000},    {"heating_runtime_s", 400'000},     {"dhw_runtime_s", 100'000},
        {"compressor_1_runtime_s", 500'000}, {"compressor_1_starts_count", 100}, {"compressor_1_output", 0},
        {"operation_mode_code", 5}};

    [[nodiscard]] bridge::Sample reading(bridge::Timestamp time) const {
        bridge::Sample sample{"", "", time, {}};
        for (auto const& [name, value] : decimals) sample.readings.push_back({name, value});
        for (auto const& [name, value] : counts) sample.readings.push_back({name, value});
        return sample;
    }

    void starts() {
        counts["compressor_1_output"] = 1;
        ++counts["compressor_1_starts_count"];
        counts["operation_mode_code"] = 0;
    }
    void runs(std::chrono::seconds time, std::string const& use = "heating_runtime_s") {
        for (auto const& name :
             {std::string("heat_pump_runtime_s"), std::string("compressor_1_runtime_s"), use})
            counts[name] += time.count();
    }
    void stops() {
        counts["compressor_1_output"] = 0;
        counts["operation_mode_code"] = 5;
    }
    void gives(std::string const& use, double heat_kwh, double electric_kwh) {
        decimals["heat_" + use + "_kwh"] += heat_kwh;
        decimals["electric_" + use + "_kwh"] += electric_kwh;
    }
};

/// A day that is counted in UTC.
struct Counted {
    Day day;
    Pump pump;
    bridge::Timestamp time = first_day;

    void read_at(std::chrono::milliseconds since_first_day) {
        time = bridge::Timestamp(first_day) + since_first_day;
        day.take(pump.reading(time), std::chrono::floor<std::chrono::days>(time));
    }
    [[nodiscard]] std::optional<bridge::Value> value(std::string const& name) const {
        return test::value_of({{"", "day", {}, day.readings()}}, "day", name);
    }
    [[nodiscard]] std::optional<double> decimal(std::string const& name) const {
        auto const found = value(name);
        return found ? std::optional(std::get<double>(*found)) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::int64_t> count(std::string const& name) const {
        auto const found = value(name);
        return found ? std::optional(std::get<std::int64_t>(*found)) : std::nullopt;
    }
};

}  // namespace

TEST_CASE("a day whose energies, starts and run times are known comes out as it was") {
    Counted counted;
    counted.read_at(-1min);
    counted.read_at(0min);
    // Two runs for heating, 90 and 30 minutes, and one for hot water, 45 minutes.
    counted.pump.starts();
    counted.read_at(60min);
    counted.pump.runs(90min);
    counted.pump.gives("heating", 12.6, 2.8);
    counted.pump.stops();
    counted.read_at(150min);
    counted.pump.starts();
    counted.pump.counts["operation_mode_code"] = 1;
    counted.read_at(200min);
    counted.pump.runs(45min, "dhw_runtime_s");
    counted.pump.gives("dhw", 6.2, 2.0);
    counted.pump.stops();
    counted.read_at(245min);
    counted.pump.starts();
    counted.read_at(300min);
    counted.pump.runs(30min);
    counted.pump.gives("heating", 4.4, 1.12);
    counted.pump.stops();
    counted.read_at(330min);

    CHECK(counted.value("date_text") == bridge::Value("2026-01-15"));
    CHECK(counted.count("since_midnight") == 1);
    CHECK(counted.decimal("heat_heating_kwh") == 17.0);
    CHECK(counted.decimal("heat_dhw_kwh") == 6.2);
    CHECK(counted.decimal("heat_kwh") == 23.2);
    CHECK(counted.decimal("electric_heating_kwh") == 3.92);
    CHECK(counted.decimal("electric_kwh") == 5.92);
    CHECK(counted.decimal("running_h") == 2.75);
    CHECK(counted.decimal("heating_h") == 2.0);
    CHECK(counted.decimal("dhw_h") == 0.75);
    CHECK(counted.count("compressor_1_starts_count") == 3);
    CHECK(counted.decimal("mean_run_min") == 55.0);
    CHECK(counted.decimal("last_run_min") == 30.0);
    CHECK(counted.decimal("life_cop_heating") == 4.01);
    CHECK_FALSE(counted.value("cooling_h"));
    CHECK_FALSE(counted.value("electric_cooling_kwh"));
}

TEST_CASE("the next day begins with what its counters showed at midnight") {
    Counted counted;
    counted.read_at(10min);
    counted.pump.gives("heating", 5, 1);
    counted.read_at(24h - 20s);
    CHECK(counted.decimal("heat_heating_kwh") == 5.0);
    CHECK(counted.count("since_midnight") == 0);
    counted.pump.gives("heating", 0.1, 0);
    counted.read_at(24h + 10s);
    CHECK(counted.value("date_text") == bridge::Value("2026-01-16"));
    CHECK(counted.count("since_midnight") == 1);
    CHECK(counted.decimal("heat_heating_kwh") == 0.1);
    CHECK(counted.count("compressor_1_starts_count") == 0);
}

TEST_CASE("what happened over midnight without being seen belongs to no day") {
    Counted counted;
    counted.read_at(-1min);
    counted.read_at(22h);
    counted.pump.gives("heating", 8, 2);
    counted.read_at(26h);
    CHECK(counted.count("since_midnight") == 0);
    CHECK(counted.decimal("heat_heating_kwh") == 0.0);
    counted.pump.gives("heating", 1.5, 0.3);
    counted.read_at(27h);
    CHECK(counted.decimal("heat_heating_kwh") == 1.5);

    SECTION("nor does the day after an absence of days know anything of them") {
        counted.pump.gives("heating", 60, 15);
        counted.read_at(5 * 24h + 9h);
        CHECK(counted.decimal("heat_heating_kwh") == 0.0);
        CHECK(counted.count("since_midnight") == 0);
    }
}

TEST_CASE("a counter that stood still over midnight is known without having been read") {
    Counted counted;
    counted.read_at(22h);
    counted.read_at(27h);
    CHECK(counted.count("since_midnight") == 1);
    CHECK(counted.decimal("heat_heating_kwh") == 0.0);
}

TEST_CASE("a gap within a day loses nothing that the controller counts") {
    Counted counted;
    counted.read_at(-1min);
    counted.read_at(1h);
    counted.pump.starts();
    counted.pump.runs(40min);
    counted.pump.gives("heating", 7, 1.5);
    counted.pump.stops();
    counted.read_at(9h);
    CHECK(counted.decimal("heat_heating_kwh") == 7.0);
    CHECK(counted.count("compressor_1_starts_count") == 1);
    CHECK(counted.count("since_midnight") == 1);
    // How often it defrosted meanwhile only its own eyes could tell.
    CHECK_FALSE(counted.value("defrosts_count"));
    counted.read_at(24h + 1min);
    CHECK(counted.count("defrosts_count") == 0);
}

TEST_CASE("a heat meter that shows 2^31 for a moment makes no gigantic day") {
    Counted counted;
    counted.read_at(-1min);
    counted.read_at(1min);
    counted.pump.gives("heating", 2, 0.5);
    counted.read_at(30min);
    auto const right = counted.pump.decimals["heat_heating_kwh"];
    counted.pump.decimals["heat_heating_kwh"] = 214'748'364.7;
    counted.read_at(31min);
    CHECK(counted.decimal("heat_heating_kwh") == 2.0);
    CHECK_FALSE(counted.value("life_cop_heating"));
    counted.pump.decimals["heat_heating_kwh"] = right;
    counted.pump.gives("heating", 1, 0.25);
    counted.read_at(32min);
    CHECK(counted.decimal("heat_heating_kwh") == 3.0);
    CHECK(counted.value("life_cop_heating").has_value());
}

TEST_CASE("a counter that was set back is not known on that day, never below zero, and counts on the next") {
    Counted counted;
    counted.read_at(-1min);
    counted.read_at(1min);
    counted.pump.gives("heating", 4, 1);
    counted.read_at(60min);
    counted.pump.decimals["heat_heating_kwh"] = 0.5;
    for (int i = 1; i <= 5; ++i) {
        counted.read_at(60min + i * 1min);
        if (auto const shown = counted.decimal("heat_heating_kwh")) CHECK(*shown == 4.0);
    }
    CHECK_FALSE(counted.value("heat_heating_kwh"));
    CHECK_FALSE(counted.value("heat_kwh"));
    CHECK(counted.decimal("electric_heating_kwh") == 1.0);
    counted.read_at(24h - 1min);
    counted.pump.gives("heating", 2, 0.5);
    counted.read_at(24h + 1min);
    CHECK(counted.decimal("heat_heating_kwh") == 2.0);
    CHECK(counted.count("since_midnight") == 1);
}

TEST_CASE("the heat of a day is divided by the electric energy that went into it, step by step") {
    Counted counted;
    counted.read_at(-10h);
    counted.pump.gives("heating", 1, 0.4);
    counted.read_at(-2h);
    // Heat before midnight whose electric energy is counted after it: the pair belongs together.
    counted.pump.gives("heating", 3, 0);
    counted.read_at(-1min);
    counted.read_at(1min);
    CHECK_FALSE(counted.value("cop"));
    counted.pump.gives("heating", 5, 2);
    counted.read_at(60min);
    CHECK(counted.decimal("cop") == 4.0);
    CHECK(counted.decimal("cop_heating") == 4.0);
    // What has no electric energy yet changes nothing.
    counted.pump.gives("heating", 7, 0);
    counted.read_at(90min);
    CHECK(counted.decimal("cop") == 4.0);
    counted.pump.gives("heating", 0, 2);
    counted.pump.gives("dhw", 3, 1);
    counted.read_at(120min);
    CHECK(counted.decimal("cop_heating") == 3.75);
    // Since when the other counter's growth is known, it has not stepped twice.
    CHECK_FALSE(counted.value("cop_dhw"));
}

TEST_CASE("defrosts are counted where they begin") {
    Counted counted;
    counted.read_at(-1min);
    counted.pump.starts();
    for (int i = 0; i < 60; ++i) {
        counted.pump.counts["operation_mode_code"] = (i >= 10 && i < 14) || (i >= 50 && i < 53) ? 4 : 0;
        counted.pump.runs(60s);
        counted.read_at(i * 1min);
    }
    CHECK(counted.count("defrosts_count") == 2);
}

TEST_CASE("a run whose start was not seen has no length, nor have two that look like one") {
    Counted counted;
    counted.pump.starts();
    counted.read_at(1min);
    counted.pump.runs(20min);
    counted.pump.stops();
    counted.read_at(20min);
    CHECK_FALSE(counted.value("last_run_min"));
    counted.pump.starts();
    counted.read_at(30min);
    counted.pump.runs(30min);
    counted.pump.starts();
    counted.read_at(70min);
    counted.pump.runs(10min);
    counted.pump.stops();
    counted.read_at(90min);
    CHECK_FALSE(counted.value("last_run_min"));
    counted.pump.starts();
    counted.pump.runs(5min);
    counted.pump.stops();
    counted.read_at(100min);
    CHECK(counted.decimal("last_run_min") == 5.0);
    CHECK(counted.decimal("mean_run_min") == 5.0);
}

TEST_CASE("a clock that is set back to another day attributes nothing to it") {
    Counted counted;
    counted.read_at(-1min);
    counted.pump.gives("heating", 4, 1);
    counted.read_at(60min);
    counted.read_at(400 * 24h);
    counted.pump.gives("heating", 1, 0.2);
    counted.read_at(61min);
    CHECK(counted.decimal("heat_heating_kwh") == 0.0);
    CHECK(counted.count("since_midnight") == 0);
}

TEST_CASE("a day that is kept goes on as if nothing had been, whenever that is") {
    Counted counted;
    Counted kept;
    kept.pump = counted.pump;
    for (int i = -2; i < 30 * 60; i += 7) {
        counted.day = must(read_kept_day(kept_text(counted.day)));
        auto& pump = counted.pump;
        if (i % 70 == 5) pump.starts();
        if (i % 70 == 40) pump.stops();
        if (pump.counts["compressor_1_output"] != 0) {
            pump.runs(7min);
            pump.gives(i % 140 < 70 ? "heating" : "dhw", 1.1, i % 21 == 5 ? 0.9 : 0);
        }
        if (i == 1001) pump.decimals["heat_dhw_kwh"] = 3;
        kept.pump = pump;
        counted.read_at(i * 1min);
        kept.read_at(i * 1min);
        CHECK(counted.day.readings() == kept.day.readings());
    }
    CHECK(counted.count("compressor_1_starts_count").value_or(0) > 2);
}

TEST_CASE("a kept day that is damaged anywhere is refused or read, and never ends the program") {
    Counted counted;
    counted.read_at(-1min);
    counted.pump.starts();
    counted.read_at(1min);
    auto const text = kept_text(counted.day);
    REQUIRE(read_kept_day(text).has_value());
    for (std::size_t cut = 0; cut + 2 < text.size(); ++cut) {
        CAPTURE(cut);
        CHECK_FALSE(read_kept_day(std::string_view(text).substr(0, cut)).has_value());
        auto broken = text;
        broken[cut] = '\0';
        CHECK_FALSE(read_kept_day(broken).has_value());
        broken[cut] = '[';
        (void)read_kept_day(broken);
    }
    CHECK_FALSE(read_kept_day("[]").has_value());
    CHECK_FALSE(read_kept_day(R"({"form":2})").has_value());
    CHECK_FALSE(read_kept_day(R"({"form":1})").has_value());
}
