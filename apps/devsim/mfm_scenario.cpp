// SPDX-License-Identifier: MIT
#include "mfm_scenario.hpp"

#include <cmath>
#include <span>

namespace devsim {

namespace {

/// A corner of the shape; straight lines between them, the last one holds.
struct Corner {
    double time_s;
    double deviation_mhz;
};

struct Shape {
    int nominal_hz;
    double noise_mhz;  ///< standard deviation
    std::span<Corner const> corners;
    double period_s;  ///< after which the corners repeat; 0: never
};

constexpr Corner flat[] = {{0, 0}};

// +-20 mHz/s: slower than the board's slew filter, so the slope must come out unchanged.
constexpr Corner triangle[] = {{0, 0}, {10, -200}, {30, 200}, {40, 0}};

constexpr Corner one_hertz[] = {{30, 0}, {30, -1000}, {90, -1000}, {90, 0}};

// 8 January 2021, north-western part of Continental Europe: 50.02 to 49.74 Hz in about 14 s, then back, first
// fast. The way back is a sketch.
constexpr Corner split_2021[] = {{30, 20}, {44, -260}, {60, -170}, {300, -120}, {900, -20}, {1200, 0}};

// Through the reserves at 49.8 Hz and the four steps of load shedding, 49.0 to 48.4 Hz, and back. A sketch.
constexpr Corner load_shedding[] = {{30, 0},      {60, -200},   {90, -1000},  {100, -1150}, {110, -1250},
                                    {120, -1450}, {130, -1650}, {180, -1300}, {400, -500},  {900, 0}};

Shape shape_of(Scenario scenario) {
    switch (scenario) {
        case Scenario::calm:
            return {50, 20, flat, 0};
        case Scenario::steady:
            return {50, 0, flat, 0};
        case Scenario::ramp:
            return {50, 0, triangle, 40};
        case Scenario::step:
            return {50, 0, one_hertz, 0};
        case Scenario::split2021:
            return {50, 2, split_2021, 0};
        case Scenario::shedding:
            return {50, 2, load_shedding, 0};
        case Scenario::na60:
            return {60, 15, flat, 0};
    }
    return {50, 0, flat, 0};
}

double deviation_mhz(Shape const& shape, DeviceTime time) {
    double const t = shape.period_s > 0 ? std::fmod(time.count(), shape.period_s) : time.count();
    Corner before = shape.corners.front();
    for (auto const& corner : shape.corners) {
        if (t < corner.time_s) {
            double const length = corner.time_s - before.time_s;
            if (length <= 0) return before.deviation_mhz;
            return before.deviation_mhz +
                   (corner.deviation_mhz - before.deviation_mhz) * (t - before.time_s) / length;
        }
        before = corner;
    }
    return before.deviation_mhz;
}

// The noise is a Gaussian AR(1) process, as a large grid's frequency is: it wanders within a minute and moves
// little between two lines.
constexpr double noise_step_s = 0.1;
constexpr double noise_time_constant_s = 60;
constexpr double noise_memory = 1 - noise_step_s / noise_time_constant_s;

}  // namespace

Grid::Grid(Scenario scenario, double offset_mhz, std::uint64_t seed)
    : scenario_(scenario), offset_mhz_(offset_mhz), random_(seed) {}

int Grid::nominal_hz() const { return shape_of(scenario_).nominal_hz; }

double Grid::noise_mhz(DeviceTime time) {
    double const position = time.count() / noise_step_s;
    auto const step = static_cast<std::int64_t>(position);
    for (; noise_step_ <= step; ++noise_step_) {
        noise_before_mhz_ = noise_after_mhz_;
        noise_after_mhz_ =
            noise_memory * noise_after_mhz_ + std::sqrt(1 - noise_memory * noise_memory) * random_.gaussian();
    }
    double const share = position - static_cast<double>(step);
    return noise_before_mhz_ + (noise_after_mhz_ - noise_before_mhz_) * share;
}

double Grid::frequency_hz(DeviceTime time) {
    Shape const shape = shape_of(scenario_);
    double const deviation = deviation_mhz(shape, time) + offset_mhz_ +
                             (shape.noise_mhz > 0 ? shape.noise_mhz * noise_mhz(time) : 0);
    return shape.nominal_hz + deviation / 1000;
}

}  // namespace devsim
