// SPDX-License-Identifier: MIT
#include "day.hpp"

#include "numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace luxtronik {

namespace {

using bridge::Reading;
using std::chrono::sys_days;

// Far more than the largest pump can do: what is beyond is a fault of the controller.
constexpr DailyGrowth::Limits energy{100, 50};
constexpr DailyGrowth::Limits run_time{3660, 120};
constexpr DailyGrowth::Limits start{30, 3};

/// A counter of the device's own reading, and the name of what it has grown.
struct Counted {
    std::string_view counter;
    DailyGrowth::Limits limits;
    std::string_view growth;
};
constexpr std::array counted = {
    Counted{"heat_heating_kwh", energy, "heat_heating_kwh"},
    Counted{"heat_dhw_kwh", energy, "heat_dhw_kwh"},
    Counted{"heat_pool_kwh", energy, "heat_pool_kwh"},
    Counted{"electric_heating_kwh", energy, "electric_heating_kwh"},
    Counted{"electric_dhw_kwh", energy, "electric_dhw_kwh"},
    Counted{"electric_cooling_kwh", energy, "electric_cooling_kwh"},
    Counted{"heat_pump_runtime_s", run_time, "running_h"},
    Counted{"heating_runtime_s", run_time, "heating_h"},
    Counted{"dhw_runtime_s", run_time, "dhw_h"},
    Counted{"cooling_runtime_s", run_time, "cooling_h"},
    Counted{"pool_runtime_s", run_time, "pool_h"},
    Counted{"second_heater_1_runtime_s", run_time, "second_heater_1_h"},
    Counted{"second_heater_2_runtime_s", run_time, "second_heater_2_h"},
    Counted{"compressor_1_starts_count", start, "compressor_1_starts_count"},
    Counted{"compressor_2_starts_count", start, "compressor_2_starts_count"},
};

/// What has a heat meter and an electric one.
struct Use {
    std::string_view name, heat, electric;
};
constexpr std::array uses = {
    Use{"heating", "heat_heating_kwh", "electric_heating_kwh"},
    Use{"dhw", "heat_dhw_kwh", "electric_dhw_kwh"},
};
constexpr std::array heats = {uses[0].heat, uses[1].heat, std::string_view("heat_pool_kwh")};
constexpr std::array electrics = {uses[0].electric, uses[1].electric,
                                  std::string_view("electric_cooling_kwh")};

constexpr double mode_defrost = 4;
constexpr double hour_s = 3600, minute_s = 60;

double rounded(double value, double steps) {
    return static_cast<double>(std::llround(value * steps)) / steps;
}

bridge::Value growth_value(std::string_view name, double growth) {
    if (name.ends_with("_count")) return std::int64_t{std::llround(growth)};
    return rounded(name.ends_with("_h") ? growth / hour_s : growth, 100);
}

void add_if(std::vector<Reading>& all, std::string name, std::optional<double> value, double steps) {
    if (value) all.push_back({std::move(name), rounded(*value, steps)});
}

std::string date_text(sys_days date) {
    std::chrono::year_month_day const day(date);
    return fmt::format("{:04}-{:02}-{:02}", int{day.year()}, unsigned{day.month()}, unsigned{day.day()});
}

std::optional<CompressorWatch::Seen> compressor_of(Numbers const& now, bridge::Timestamp time) {
    auto const runs = now.of("compressor_1_output");
    auto const starts = now.of("compressor_1_starts_count");
    auto const runtime_s = now.of("compressor_1_runtime_s");
    auto const mode = now.of("operation_mode_code");
    if (!runs || !starts || !runtime_s || !mode) return std::nullopt;
    return CompressorWatch::Seen{time, *runs != 0, *mode == mode_defrost, *starts, *runtime_s};
}

}  // namespace

void Day::take(bridge::Sample const& reading, sys_days today) {
    if (date != today) begin(today);
    Numbers const now(reading);
    Moment const when{reading.time, static_cast<std::int64_t>(now.of("controller_clock_s").value_or(0))};
    std::map<std::string_view, std::optional<double>> growths;
    for (auto const& one : counted) {
        auto const value = now.of(one.counter);
        if (value) growths[one.counter] = counters[std::string(one.counter)].take(*value, when, one.limits);
    }
    for (auto const& use : uses)
        performance[std::string(use.name)].take(growths[use.heat], growths[use.electric]);
    if (auto const seen = compressor_of(now, reading.time)) compressor.take(*seen);
}

void Day::begin(sys_days today) {
    date = today;
    for (auto& [name, counter] : counters) counter.begin_day();
    for (auto& [name, use] : performance) use.begin_day();
    compressor.begin_day();
}

std::vector<Reading> Day::readings() const {
    std::vector<Reading> all;
    if (!date || counters.empty()) return all;
    all.push_back({"date_text", date_text(*date)});
    all.push_back({"since_midnight", std::int64_t{is_whole() ? 1 : 0}});
    add_growth(all);
    add_performance(all);
    add_compressor(all);
    return all;
}

bool Day::is_whole() const {
    return std::all_of(counters.begin(), counters.end(),
                       [](auto const& counter) { return !counter.second.today() || counter.second.whole; });
}

std::optional<double> Day::grown(std::string_view counter) const {
    auto const found = counters.find(counter);
    return found == counters.end() ? std::nullopt : found->second.today();
}

/// What the controller shows; nothing while that is in doubt.
std::optional<double> Day::shown(std::string_view counter) const {
    auto const found = counters.find(counter);
    bool const known = found != counters.end() && found->second.last && !found->second.doubtful;
    return known ? std::optional(found->second.last->value) : std::nullopt;
}

void Day::add_growth(std::vector<Reading>& all) const {
    for (auto const& one : counted) {
        if (auto const growth = grown(one.counter))
            all.push_back({std::string(one.growth), growth_value(one.growth, *growth)});
    }
    auto const sum_of = [this](auto const& parts) {
        std::optional<double> sum;
        for (auto const part : parts) {
            if (!counters.contains(part)) continue;  // this pump has none
            auto const growth = grown(part);
            if (!growth) return std::optional<double>();
            sum = sum.value_or(0) + *growth;
        }
        return sum;
    };
    add_if(all, "heat_kwh", sum_of(heats), 100);
    add_if(all, "electric_kwh", sum_of(electrics), 100);
}

void Day::add_performance(std::vector<Reading>& all) const {
    SeasonalPerformance today, life;
    for (auto const& use : uses) {
        if (auto const found = performance.find(use.name); found != performance.end()) {
            today.heat_kwh += found->second.heat_kwh;
            today.electric_kwh += found->second.electric_kwh;
            add_if(all, fmt::format("cop_{}", use.name), found->second.coefficient(), 100);
        }
        auto const heat = shown(use.heat);
        auto const electric = shown(use.electric);
        if (!heat || !electric) continue;
        SeasonalPerformance const whole{*heat, *electric};
        life.heat_kwh += *heat;
        life.electric_kwh += *electric;
        add_if(all, fmt::format("life_cop_{}", use.name), whole.coefficient(), 100);
    }
    add_if(all, "cop", today.coefficient(), 100);
    add_if(all, "life_cop", life.coefficient(), 100);
}

void Day::add_compressor(std::vector<Reading>& all) const {
    auto const in_minutes = [](std::optional<double> seconds) {
        return seconds ? std::optional(*seconds / minute_s) : std::nullopt;
    };
    if (auto const defrosts = compressor.defrosts_today())
        all.push_back({"defrosts_count", std::int64_t{*defrosts}});
    add_if(all, "mean_run_min", in_minutes(compressor.mean_run_s()), 10);
    add_if(all, "last_run_min", in_minutes(compressor.last_run_s), 10);
    auto const& seen = compressor.before;
    if (seen && seen->starts > 0)
        add_if(all, "life_mean_run_min", in_minutes(seen->runtime_s / seen->starts), 10);
}

}  // namespace luxtronik
