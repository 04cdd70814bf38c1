// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"
#include "random.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace devsim {

/// What the controller says it is doing, with its codes.
enum class PumpMode {
    heating = 0,
    hot_water = 1,
    utility_lock = 3,
    defrost = 4,
    no_request = 5,
    cooling = 7
};

/// Where the heat pump has its heat from: air freezes on, and has to be thawed off now and then.
enum class HeatSource { brine, air };

/// What is wanted of the house.
struct HouseWishes {
    double hot_water_c = 50;
    double hot_water_hysteresis_k = 5;
    double heating_limit_c = 16;
    double return_base_c = 22;  ///< of the heating curve, at the heating limit
    double return_offset_k = 0;
    double night_setback_k = -2;
    std::optional<double> return_c = {};  ///< instead of the curve and the setback
    bool heating = true, hot_water = true, cooling = true;
    std::optional<double> most_electric_w = {};
};

/// Everything that is measured in the house, in degrees Celsius, watts and kilowatt hours.
struct HouseState {
    double outdoor_c = 0, outdoor_mean_c = 0;
    double flow_c = 25, return_c = 25, return_target_c = 25;
    double hot_water_c = 47;
    HouseWishes wishes = {};
    double source_in_c = 9, source_out_c = 9;
    double hot_gas_c = 25;
    PumpMode mode = PumpMode::no_request;
    bool compressor = false, heating_pump = false, hot_water_pump = false, source_pump = false;
    bool circulation_pump = false;
    double heat_w = 0, electric_w = 0;

    double runtime_s = 0, heating_s = 0, hot_water_s = 0, cooling_s = 0;
    std::int64_t starts = 0;
    double heat_heating_kwh = 0, heat_hot_water_kwh = 0;
    double electric_heating_kwh = 0, electric_hot_water_kwh = 0, electric_cooling_kwh = 0;
    /// As the controller shows them: brought up to date every two hours, as is reported of some, or as given.
    struct {
        double heating_kwh = 0, hot_water_kwh = 0, cooling_kwh = 0;
    } shown_electric;
    double mode_since_s = 0, compressor_since_s = 0;
};

/// A house with a heat pump of 9 kW, floor heating, hot water and passive cooling, through
/// weather, seasons and the habits of its people. A sketch with plausible numbers, no physics to rely on.
/// Pure and deterministic by seed; time must not run backwards.
class House {
  public:
    /// `clock`: local time at the start, as unix seconds.
    /// `meter_step`: so often its electric counters show what they have counted.
    House(std::int64_t clock, std::uint64_t seed, HeatSource source = HeatSource::brine,
          DeviceTime meter_step = std::chrono::hours(2));

    [[nodiscard]] HouseState const& at(DeviceTime time);
    /// From the last time that it was asked for on.
    void want(HouseWishes const& wishes) { state_.wishes = wishes; }

  private:
    void step();
    void follow_weather();
    void use_hot_water();
    void decide();
    void run_plant();
    void count();
    void show_electric();
    void follow_source();
    void enter(PumpMode mode);
    [[nodiscard]] double hour() const;
    [[nodiscard]] double clear_sky_c() const;
    [[nodiscard]] double return_target_c(bool night) const;

    std::int64_t clock_;
    HeatSource source_;
    std::int64_t steps_to_show_electric_;
    Random random_;
    double ice_s_ = 0;  ///< how long the air has been freezing on
    std::int64_t steps_ = 0;
    double cloud_k_ = 0;
    double draw_k_ = 0;  ///< hot water still to be drawn from the tank in this use
    bool was_in_use_ = false;
    HouseState state_;
};

}  // namespace devsim
