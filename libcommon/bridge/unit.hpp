// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace bridge {

/// What the end of a field's name says: `flow_temperature_c` is a temperature in °C.
struct Unit {
    std::string_view suffix;        ///< `_c`
    std::string_view symbol;        ///< `°C`, as people write it and Home Assistant wants it; empty: none
    std::string_view device_class;  ///< Home Assistant's name of the quantity; empty: it has none
    std::string_view meaning;       ///< `degrees Celsius`
};

/// All units, longest suffix first. (Device classes and their units: Home Assistant's developer
/// documentation of sensors, 2026.)
[[nodiscard]] std::span<Unit const> units();

/// The unit of a field by its name; null if the name ends in none (`line_count`, `status_code`).
[[nodiscard]] Unit const* unit_of(std::string_view field_name);

}  // namespace bridge
