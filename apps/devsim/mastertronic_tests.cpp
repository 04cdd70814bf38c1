// SPDX-License-Identifier: MIT
#include "mastertronic_tests.hpp"

#include "random.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace devsim {

namespace {

/// What a tank does to one quantity: it is used up and dosed again, and wanders.
struct Quantity {
    std::string_view parameter;
    int profile;
    std::int64_t factor;
    double middle, swing, noise;  ///< in the quantity's unit
    double days;                  ///< of one wave of use and dosing
    double lower, upper;
    int every;  ///< rounds
};

constexpr std::array<Quantity, 6> quantities = {{
    {"KH_VAL", 6, 100, 8.3, 0.5, 0.05, 3, 7.5, 9.5, 1},
    {"CA_VAL", 1, 1, 430, 15, 3, 7, 400, 460, 1},
    {"MG_VAL", 2, 1, 1340, 30, 8, 11, 1250, 1400, 1},
    {"NI_VAL", 100, 100, 8, 5, 0.4, 9, 1, 20, 4},
    {"PO_VAL", 3, 100, 0.08, 0.05, 0.01, 5, 0.02, 0.15, 4},
    {"OLI_VAL", 5, 1, 45, 10, 2, 13, 20, 80, 4},
}};

constexpr double failing = 0.02;
constexpr double hidden = 0.01;
constexpr double noted = 0.02;
constexpr double rounds_per_day = 4;
constexpr double test_s = 420;

std::int64_t whole(double value, std::int64_t factor) {
    return std::llround(value * static_cast<double>(factor));
}

}  // namespace

std::vector<WaterTest> WaterTests::round(std::int64_t number) const {
    std::vector<WaterTest> tests;
    for (std::size_t i = 0; i < quantities.size(); ++i) {
        auto const& quantity = quantities[i];
        if (number % quantity.every != 0) continue;
        // Each test has its own numbers, so that any round can be asked for alone.
        Random random(seed_ * 1'000'003 + static_cast<std::uint64_t>(number) * 64 + i);
        (void)random.next();  // neighbouring seeds begin alike
        double const phase =
            static_cast<double>(number) / rounds_per_day / quantity.days + 0.1 * static_cast<double>(i);
        double const level = quantity.middle + quantity.swing * std::sin(2 * 3.14159265358979 * phase) +
                             quantity.noise * random.gaussian();
        WaterTest test;
        test.parameter = quantity.parameter;
        test.profile = quantity.profile;
        test.multiply_factor = quantity.factor;
        test.lower_bound = whole(quantity.lower, quantity.factor);
        test.upper_bound = whole(quantity.upper, quantity.factor);
        test.value = std::max<std::int64_t>(0, whole(level, quantity.factor));
        // The owner has compared KH with a hand test: 0.2 dKH more.
        if (quantity.profile == 6) test.baselined_value = test.value + 20;
        if (random.chance(failing)) test.value = test.baselined_value = -1;
        test.hidden = random.chance(hidden);
        if (random.chance(noted)) test.note = "nach Wasserwechsel geprüft";
        // What is tested once a day ends in the same second.
        test.end = DeviceTime(test_s * static_cast<double>(std::min<std::size_t>(i, 3)));
        tests.push_back(std::move(test));
    }
    return tests;
}

}  // namespace devsim
