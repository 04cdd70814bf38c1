// SPDX-License-Identifier: MIT
#include "daily_growth.hpp"

#include <algorithm>
#include <utility>

namespace luxtronik {

namespace {

constexpr auto longest_midnight = std::chrono::minutes(15);
/// A fault of the heat meter lasts for a reading or two; what is longer is a new begin.
constexpr int believed_after = 3;

double hours_between(Moment before, Moment now) {
    auto const host = std::chrono::duration<double, std::ratio<3600>>(now.time - before.time).count();
    bool const known = before.controller_s > 0 && now.controller_s > 0;
    double const device = known ? static_cast<double>(now.controller_s - before.controller_s) / 3600 : 0;
    // A clock that was set has the other one beside it.
    return std::max({host, device, 0.0});
}

bool is_possible(DailyGrowth::Seen before, DailyGrowth::Seen now, DailyGrowth::Limits limits) {
    double const growth = now.value - before.value;
    return growth >= 0 && growth <= limits.at_once + limits.per_hour * hours_between(before.when, now.when);
}

}  // namespace

bool are_near(bridge::Timestamp one, bridge::Timestamp other) {
    return std::max(one, other) - std::min(one, other) <= longest_midnight;
}

std::optional<double> DailyGrowth::take(double value, Moment now, Limits limits) {
    Seen const seen{value, now};
    if (!last) {
        last = seen;
        begun = true;
        return std::nullopt;
    }
    if (!is_possible(*last, seen, limits)) {
        doubt(seen, limits);
        return std::nullopt;
    }
    doubtful.reset();
    Seen const before = std::exchange(*last, seen);
    double const growth = value - before.value;
    // A counter that did not move tells where it was at midnight, however long ago it was read.
    if (!std::exchange(begun, true)) {
        whole = growth == 0 || are_near(before.when.time, now.time);
        if (!whole) return std::nullopt;
    }
    grown += growth;
    return growth;
}

void DailyGrowth::doubt(Seen seen, Limits limits) {
    bool const goes_on = doubtful && is_possible(*doubtful, seen, limits);
    doubts = goes_on ? doubts + 1 : 1;
    doubtful = seen;
    if (doubts < believed_after) return;
    last = std::exchange(doubtful, std::nullopt);
    begun = true;
    lost = true;
}

void DailyGrowth::begin_day() {
    grown = 0;
    begun = whole = lost = false;
}

std::optional<double> DailyGrowth::today() const {
    return begun && !lost ? std::optional(grown) : std::nullopt;
}

}  // namespace luxtronik
