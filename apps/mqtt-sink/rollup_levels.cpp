// SPDX-License-Identifier: MIT
#include "rollup_levels.hpp"

#include <array>
#include <cstddef>

namespace sink {

namespace {

struct Known {
    std::int64_t width;
    char const* table;
};
constexpr std::array<Known, 4> levels = {
    {{1, ""}, {minute_ms, "rollup_1m"}, {hour_ms, "rollup_1h"}, {day_ms, "rollup_1d"}}};

}  // namespace

std::int64_t width_of(Level level) { return levels[static_cast<std::size_t>(level)].width; }

char const* table_of(Level level) { return levels[static_cast<std::size_t>(level)].table; }

Level finer(Level level) { return static_cast<Level>(static_cast<int>(level) - 1); }

Level level_for(std::int64_t width) {
    Level level = Level::days;
    while (level != Level::raw && width_of(level) > width) level = finer(level);
    return level;
}

std::int64_t floor_to(std::int64_t time, std::int64_t width) {
    std::int64_t const into = time % width;
    return time - (into < 0 ? into + width : into);
}

std::int64_t ceil_to(std::int64_t time, std::int64_t width) { return floor_to(time + width - 1, width); }

std::int64_t piece_width(std::int64_t from, std::int64_t to, std::int64_t points) {
    std::int64_t width = (to - from) / points + 1;
    // Rounded up it may reach the next level, and begin earlier there.
    for (;;) {
        auto const unit = width_of(level_for(width));
        auto const whole = to - floor_to(from, unit);
        auto const wider = ceil_to(std::max(width, whole / points + 1), unit);
        if (level_for(wider) == level_for(width)) return wider;
        width = wider;
    }
}

}  // namespace sink
