// SPDX-License-Identifier: MIT
#include "seasonal_performance.hpp"

namespace luxtronik {

namespace {

/// The heat meter shows tenths.
constexpr double least_electric_kwh = 0.5;
constexpr double least = 0.8, most = 15;

}  // namespace

void SeasonalPerformance::take(std::optional<double> heat, std::optional<double> electric) {
    if (!heat || !electric) {
        has_step = false;
        heat_since_step_kwh = 0;
        return;
    }
    heat_since_step_kwh += *heat;
    if (*electric <= 0) return;
    if (has_step) {
        heat_kwh += heat_since_step_kwh;
        electric_kwh += *electric;
    }
    has_step = true;
    heat_since_step_kwh = 0;
}

void SeasonalPerformance::begin_day() { heat_kwh = electric_kwh = 0; }

std::optional<double> SeasonalPerformance::coefficient() const {
    if (electric_kwh < least_electric_kwh) return std::nullopt;
    double const ratio = heat_kwh / electric_kwh;
    return ratio >= least && ratio <= most ? std::optional(ratio) : std::nullopt;
}

}  // namespace luxtronik
