// SPDX-License-Identifier: MIT
#include "luxtronik_house.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace devsim {

namespace {

constexpr double step_s = 10;
constexpr double house_limit_c = 16;  ///< colder outside, and it loses heat
constexpr double day_s = 86'400;
constexpr double year_s = 365.2425 * day_s;
constexpr double minimum_pause_s = 20 * 60;
constexpr double ice_below_c = 6;
constexpr double ice_for_s = 50 * 60;
constexpr double defrost_s = 5 * 60;

/// Moves a value towards another as a low-pass filter with this time constant does.
void approach(double& value, double goal, double time_constant_s) {
    value += (goal - value) * (1 - std::exp(-step_s / time_constant_s));
}

struct HotWaterUse {
    double from_h, to_h, most_k;
};
constexpr std::array<HotWaterUse, 4> uses = {
    {{6.5, 7.25, 9}, {12.25, 12.5, 2}, {18.5, 19.25, 6}, {21.5, 21.75, 3}}};

double season(std::int64_t clock) {
    // -1 in the middle of January, 1 in the middle of July.
    double const share = std::fmod(static_cast<double>(clock) - 15 * day_s, year_s) / year_s;
    return -std::cos(2 * std::numbers::pi * share);
}

}  // namespace

House::House(std::int64_t clock, std::uint64_t seed, HeatSource source, DeviceTime meter_step)
    : clock_(clock),
      source_(source),
      steps_to_show_electric_(std::max<std::int64_t>(1, std::llround(meter_step.count() / step_s))),
      random_(seed) {
    // A pump that has run for some years.
    double const years = 2 + 6 * random_.unit();
    state_.heating_s = years * 1'700 * 3600;
    state_.hot_water_s = years * 420 * 3600;
    state_.cooling_s = years * 150 * 3600;
    state_.runtime_s = state_.heating_s + state_.hot_water_s + state_.cooling_s;
    state_.starts = static_cast<std::int64_t>(years * 2'300);
    state_.heat_heating_kwh = state_.heating_s / 3600 * 8.8;
    state_.heat_hot_water_kwh = state_.hot_water_s / 3600 * 8.2;
    state_.electric_heating_kwh = state_.heat_heating_kwh / 4.6;
    state_.electric_hot_water_kwh = state_.heat_hot_water_kwh / 3.1;
    state_.electric_cooling_kwh = state_.cooling_s / 3600 * 0.085;
    show_electric();
    state_.compressor_since_s = -minimum_pause_s;
    cloud_k_ = 2 * random_.gaussian();
    state_.outdoor_mean_c = 10 + 10 * season(clock_) + cloud_k_;
    state_.outdoor_c = clear_sky_c() + cloud_k_;
    state_.hot_water_c = 46.5 + 3 * random_.unit();
    decide();
}

double House::hour() const {
    double const local = static_cast<double>(clock_) + static_cast<double>(steps_) * step_s;
    return std::fmod(local, day_s) / 3600;
}

double House::clear_sky_c() const {
    double const summer = season(clock_ + static_cast<std::int64_t>(static_cast<double>(steps_) * step_s));
    double const swing = 4.5 + 1.5 * summer;
    return 10 + 10 * summer - swing * std::cos(2 * std::numbers::pi * (hour() - 3.5) / 24);
}

HouseState const& House::at(DeviceTime time) {
    while (static_cast<double>(steps_ + 1) * step_s <= time.count()) step();
    return state_;
}

void House::step() {
    ++steps_;
    follow_weather();
    use_hot_water();
    decide();
    run_plant();
    count();
}

void House::follow_weather() {
    constexpr double memory = 1 - step_s / (6 * 3600);
    cloud_k_ = memory * cloud_k_ + 2 * std::sqrt(1 - memory * memory) * random_.gaussian();
    approach(state_.outdoor_c, clear_sky_c() + cloud_k_, 600);
    approach(state_.outdoor_mean_c, state_.outdoor_c, day_s);
}

void House::use_hot_water() {
    double const now_h = hour();
    auto const use = std::find_if(uses.begin(), uses.end(), [now_h](HotWaterUse const& candidate) {
        return now_h >= candidate.from_h && now_h < candidate.to_h;
    });
    bool const in_use = use != uses.end();
    if (in_use && !was_in_use_) draw_k_ = use->most_k * (0.4 + 0.6 * random_.unit());
    was_in_use_ = in_use;
    state_.circulation_pump = in_use;
    double const drawn_k = in_use ? std::min(draw_k_, 0.08) : 0;
    draw_k_ -= drawn_k;
    state_.hot_water_c -= drawn_k;
    approach(state_.hot_water_c, 20, 90 * 3600);
}

double House::return_target_c(bool night) const {
    auto const& wishes = state_.wishes;
    if (wishes.return_c) return *wishes.return_c;
    double const cold_k = std::clamp(wishes.heating_limit_c - state_.outdoor_mean_c, 0.0, 36.0);
    return wishes.return_base_c + cold_k * 0.42 + wishes.return_offset_k +
           (night ? wishes.night_setback_k : 0);
}

void House::decide() {
    auto& s = state_;
    double const now_h = hour();
    double const now_s = static_cast<double>(steps_) * step_s;
    bool const night = now_h < 6 || now_h >= 22;
    auto const& wishes = s.wishes;
    bool const heating_season = wishes.heating && s.outdoor_mean_c < wishes.heating_limit_c;
    bool const cooling_season = wishes.cooling && s.outdoor_mean_c > 19 && s.outdoor_c > 22;
    s.return_target_c = return_target_c(night);

    bool const defrosts = s.mode == PumpMode::defrost && now_s - s.mode_since_s < defrost_s;
    bool const may_start = s.compressor || now_s - s.compressor_since_s >= minimum_pause_s;
    bool const heats_water = s.mode == PumpMode::hot_water;
    bool const wants_water =
        wishes.hot_water &&
        s.hot_water_c < wishes.hot_water_c - (heats_water ? 0 : wishes.hot_water_hysteresis_k);
    bool const heats = s.mode == PumpMode::heating;
    bool const wants_heat = heating_season && s.return_c < s.return_target_c + (heats ? 2 : -2);
    if (now_h >= 11 && now_h < 12) return enter(PumpMode::utility_lock);
    if (defrosts || (s.compressor && ice_s_ >= ice_for_s)) return enter(PumpMode::defrost);
    if (wants_water && may_start) return enter(PumpMode::hot_water);
    if (wants_heat && may_start) return enter(PumpMode::heating);
    if (cooling_season) return enter(PumpMode::cooling);
    enter(PumpMode::no_request);
}

void House::enter(PumpMode mode) {
    auto& s = state_;
    double const now_s = static_cast<double>(steps_) * step_s;
    if (mode != s.mode) s.mode_since_s = now_s;
    if (mode == PumpMode::defrost) ice_s_ = 0;
    bool const compressor =
        mode == PumpMode::heating || mode == PumpMode::hot_water || mode == PumpMode::defrost;
    if (compressor != s.compressor) s.compressor_since_s = now_s;
    if (compressor && !s.compressor) ++s.starts;
    s.mode = mode;
    s.compressor = compressor;
    s.hot_water_pump = mode == PumpMode::hot_water;
    bool const heats_house = s.wishes.heating && s.outdoor_mean_c < s.wishes.heating_limit_c;
    s.heating_pump = mode == PumpMode::heating || mode == PumpMode::defrost || mode == PumpMode::cooling ||
                     (mode == PumpMode::no_request && heats_house);
    s.source_pump = compressor || mode == PumpMode::cooling;
}

void House::run_plant() {
    auto& s = state_;
    double const room_c = s.outdoor_c > 22 ? 24 : 21;
    // Of the floor: what it loses to the rooms, and what the pump or the brine do to it.
    constexpr double floor_kwh_per_k = 2.6;
    double const load_kw = 0.28 * std::max(0.0, house_limit_c - s.outdoor_c) * 0.9;
    bool const heats = s.mode == PumpMode::heating;
    double const gain_kw = heats ? s.heat_w / 1000 - load_kw : -load_kw * 0.5;
    s.return_c += gain_kw / floor_kwh_per_k * step_s / 3600;
    approach(s.return_c, s.mode == PumpMode::cooling ? 19.5 : room_c,
             s.mode == PumpMode::cooling ? 3600 : 14 * 3600);

    double flow_goal_c = s.return_c + (s.heating_pump ? 0.3 : 0);
    if (heats) flow_goal_c = s.return_c + 6.2;
    if (s.mode == PumpMode::hot_water) flow_goal_c = s.hot_water_c + 7;
    if (s.mode == PumpMode::cooling) flow_goal_c = s.return_c - 2.1;
    // It takes the heat from the house.
    if (s.mode == PumpMode::defrost) flow_goal_c = s.return_c - 3;
    approach(s.flow_c, flow_goal_c, 180);
    follow_source();

    double const hot_gas_goal_c = s.mode == PumpMode::hot_water ? s.flow_c + 28
                                  : heats                       ? s.flow_c + 24
                                                                : s.return_c + 4;
    approach(s.hot_gas_c, hot_gas_goal_c, s.compressor ? 300 : 2400);

    bool const gives_heat = s.compressor && s.mode != PumpMode::defrost;
    s.heat_w = gives_heat ? 9'300 - 30 * (s.flow_c - 35) + 140 * (s.source_in_c - 8) : 0;
    double const performance =
        std::clamp(4.9 - 0.085 * (s.flow_c - 35) + 0.06 * std::min(s.source_in_c - 8, 0.0), 2.2, 6.0);
    if (s.wishes.most_electric_w) s.heat_w = std::min(s.heat_w, *s.wishes.most_electric_w * performance);
    s.electric_w = gives_heat ? s.heat_w / performance : s.compressor ? 1'100 : s.source_pump ? 85 : 0;
    if (s.mode == PumpMode::hot_water) s.hot_water_c += s.heat_w / 1000 / 0.41 * step_s / 3600;
}

void House::follow_source() {
    auto& s = state_;
    if (source_ == HeatSource::air) {
        approach(s.source_in_c, s.outdoor_c, 120);
        approach(s.source_out_c, s.source_in_c - (s.compressor ? 4 : 0), 120);
        bool const freezes = s.compressor && s.mode != PumpMode::defrost && s.outdoor_c < ice_below_c;
        ice_s_ += freezes ? step_s : 0;
        return;
    }
    double const ground_c = 10 + 1.5 * season(clock_);
    approach(s.source_in_c, s.compressor ? ground_c - 2.2 : ground_c, s.compressor ? 2700 : 5400);
    double const source_spread_k = s.compressor ? -3.3 : s.mode == PumpMode::cooling ? 1.8 : 0.2;
    approach(s.source_out_c, s.source_in_c + source_spread_k, 120);
}

void House::show_electric() {
    state_.shown_electric = {state_.electric_heating_kwh, state_.electric_hot_water_kwh,
                             state_.electric_cooling_kwh};
}

void House::count() {
    auto& s = state_;
    double const heat_kwh = s.heat_w * step_s / 3.6e6;
    double const electric_kwh = s.electric_w * step_s / 3.6e6;
    if (s.compressor || s.mode == PumpMode::cooling) s.runtime_s += step_s;
    if (s.mode == PumpMode::heating || s.mode == PumpMode::defrost) {
        s.heating_s += step_s;
        s.heat_heating_kwh += heat_kwh;
        s.electric_heating_kwh += electric_kwh;
    } else if (s.mode == PumpMode::hot_water) {
        s.hot_water_s += step_s;
        s.heat_hot_water_kwh += heat_kwh;
        s.electric_hot_water_kwh += electric_kwh;
    } else if (s.mode == PumpMode::cooling) {
        s.cooling_s += step_s;
        s.electric_cooling_kwh += electric_kwh;
    }
    if (steps_ % steps_to_show_electric_ == 0) show_electric();
}

}  // namespace devsim
