// SPDX-License-Identifier: MIT
#include "performance.hpp"

#include <chrono>
#include <cmath>

namespace luxtronik {

namespace {

using std::chrono::minutes;

constexpr auto steady_for = minutes(3);
/// Between readings further apart nobody knows what was switched.
constexpr auto longest_gap = minutes(15);

constexpr double mode_heating = 0;
constexpr double mode_pool = 2;  // between them 1, hot water
constexpr double mode_defrost = 4;
constexpr double mode_cooling = 7;

/// Watts that a litre of water an hour carries for each kelvin: 4186 J/(kg K), 1 kg/l.
constexpr double w_per_l_h_k = 1.163;

// Outside of these no house's heat pump runs: the value is a fault of the controller.
constexpr double least_heat_w = 300, most_heat_w = 200'000;
constexpr double least_electric_w = 100, most_electric_w = 70'000;
constexpr double least_cop = 0.8, most_cop = 15;

bool is_on(std::optional<double> output) { return output.value_or(0) != 0; }

std::optional<double> estimated_heat_w(Numbers const& now) {
    if (now.of("heat_output_w").value_or(0) > 0) return std::nullopt;
    auto const compressor = now.of("compressor_1_output");
    auto const flow = now.of("heating_flow_l_h");
    if (!compressor || !flow) return std::nullopt;
    auto const mode = now.of("operation_mode_code");
    if (mode == mode_cooling || mode == mode_defrost || is_on(now.of("second_heater_1_output")))
        return std::nullopt;
    if (!is_on(compressor) && !is_on(now.of("compressor_2_output"))) return 0;
    auto const warm = now.of("flow_temperature_c");
    auto const cold = now.of("return_temperature_c");
    if (!warm || !cold || *warm <= *cold || *flow <= 0) return std::nullopt;
    double const heat_w = *flow * (*warm - *cold) * w_per_l_h_k;
    return heat_w <= most_heat_w ? std::optional(heat_w) : std::nullopt;
}

}  // namespace

void Performance::add_to(bridge::Sample& reading) {
    Numbers const now(reading);
    watch({now.of("operation_mode_code"), now.of("compressor_1_output"), now.of("compressor_2_output"),
           now.of("compressor_1_starts_count"), now.of("defrost_valve_output"),
           now.of("second_heater_1_output")},
          reading.time);
    auto const heat_w = estimated_heat_w(now);
    auto const cop = coefficient(now);
    if (heat_w) reading.readings.push_back({"heat_output_estimated_w", std::int64_t{std::llround(*heat_w)}});
    if (cop) reading.readings.push_back({"cop", static_cast<double>(std::llround(*cop * 100)) / 100});
}

void Performance::watch(Operation const& now, bridge::Timestamp time) {
    bool const goes_on = now == operation_ && time >= newest_ && time - newest_ <= longest_gap;
    if (!goes_on) since_ = time;
    operation_ = now;
    newest_ = time;
}

std::optional<double> Performance::coefficient(Numbers const& now) const {
    if (newest_ - since_ < steady_for) return std::nullopt;
    auto const& [mode, compressor_1, compressor_2, starts, defrost_valve, second_heater] = operation_;
    bool const heats = mode && *mode >= mode_heating && *mode <= mode_pool;
    if (!heats || is_on(defrost_valve) || is_on(second_heater)) return std::nullopt;
    if (!is_on(compressor_1) && !is_on(compressor_2)) return std::nullopt;
    auto const heat_w = now.of("heat_output_w");
    auto const electric_w = now.of("electric_input_w");
    if (!heat_w || *heat_w < least_heat_w || *heat_w > most_heat_w) return std::nullopt;
    if (!electric_w || *electric_w < least_electric_w || *electric_w > most_electric_w) return std::nullopt;
    double const cop = *heat_w / *electric_w;
    return cop >= least_cop && cop <= most_cop ? std::optional(cop) : std::nullopt;
}

}  // namespace luxtronik
