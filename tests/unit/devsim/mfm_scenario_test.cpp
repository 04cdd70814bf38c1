// SPDX-License-Identifier: MIT
#include "devsim/mfm_scenario.hpp"

#include "catch.hpp"

#include <cmath>

using namespace devsim;

namespace {

/// In mHz, rounded.
long deviation(Scenario scenario, double time_s, double offset_mhz = 0) {
    Grid grid(scenario, offset_mhz, 1);
    double const frequency_hz = grid.frequency_hz(DeviceTime(time_s));
    return std::lround((frequency_hz - grid.nominal_hz()) * 1000);
}

}  // namespace

TEST_CASE("a steady grid is at its nominal frequency and the offset") {
    CHECK(deviation(Scenario::steady, 0) == 0);
    CHECK(deviation(Scenario::steady, 1e6) == 0);
    CHECK(deviation(Scenario::steady, 5, 10) == 10);
}

TEST_CASE("the ramp goes down and up at 20 mHz a second") {
    CHECK(deviation(Scenario::ramp, 5) == -100);
    CHECK(deviation(Scenario::ramp, 10) == -200);
    CHECK(deviation(Scenario::ramp, 25) == 100);
    CHECK(deviation(Scenario::ramp, 45) == -100);
}

TEST_CASE("the step falls by one hertz at once and comes back") {
    CHECK(deviation(Scenario::step, 29.99) == 0);
    CHECK(deviation(Scenario::step, 30) == -1000);
    CHECK(deviation(Scenario::step, 89.99) == -1000);
    CHECK(deviation(Scenario::step, 90) == 0);
}

TEST_CASE("the split of 2021 falls from 50.02 to 49.74 Hz in 14 seconds") {
    CHECK(std::abs(deviation(Scenario::split2021, 29) - 20) < 10);
    CHECK(std::abs(deviation(Scenario::split2021, 44) + 260) < 10);
    CHECK(std::abs(deviation(Scenario::split2021, 1e5)) < 15);
}

TEST_CASE("a calm grid has the spread of a large one and moves little between two lines") {
    Grid grid(Scenario::calm, 0, 7);
    double sum = 0;
    double squares = 0;
    double largest_move = 0;
    double before = 0;
    constexpr int samples = 100'000;
    for (int i = 0; i < samples; ++i) {
        double const deviation_mhz = (grid.frequency_hz(DeviceTime(i * 0.36)) - 50) * 1000;
        sum += deviation_mhz;
        squares += deviation_mhz * deviation_mhz;
        if (i > 0) largest_move = std::max(largest_move, std::abs(deviation_mhz - before));
        before = deviation_mhz;
    }
    CHECK(std::abs(sum / samples) < 5);
    double const sigma_mhz = std::sqrt(squares / samples);
    CHECK(sigma_mhz > 17);
    CHECK(sigma_mhz < 23);
    CHECK(largest_move < 15);
}

TEST_CASE("the same seed is the same grid, however often it is asked") {
    Grid often(Scenario::na60, 0, 3);
    Grid seldom(Scenario::na60, 0, 3);
    Grid other(Scenario::na60, 0, 4);
    CHECK(often.nominal_hz() == 60);
    double last = 0;
    for (int i = 0; i <= 1000; ++i) last = often.frequency_hz(DeviceTime(i * 0.1));
    CHECK(last == seldom.frequency_hz(DeviceTime(100)));
    CHECK(last != other.frequency_hz(DeviceTime(100)));
}
