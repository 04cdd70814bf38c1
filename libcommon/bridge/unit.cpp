// SPDX-License-Identifier: MIT
#include <bridge/unit.hpp>

#include <algorithm>
#include <array>

namespace bridge {

namespace {

constexpr std::array known = {
    Unit{"_bytes", "B", "data_size", "bytes"},
    Unit{"_mg_l", "mg/L", "", "milligrams per litre"},
    Unit{"_l_h", "L/h", "volume_flow_rate", "litres per hour"},
    Unit{"_min", "min", "duration", "minutes"},
    Unit{"_kwh", "kWh", "energy", "kilowatt hours"},
    Unit{"_rpm", "rpm", "", "revolutions per minute"},
    Unit{"_dkh", "°dH", "", "degrees of carbonate hardness"},
    Unit{"_deg", "°", "", "degrees of arc"},
    Unit{"_bar", "bar", "pressure", "bar"},
    Unit{"_pct", "%", "", "per cent"},
    Unit{"_hz", "Hz", "frequency", "hertz"},
    Unit{"_ah", "Ah", "", "ampere hours"},
    Unit{"_ms", "ms", "duration", "milliseconds"},
    Unit{"_c", "°C", "temperature", "degrees Celsius"},
    Unit{"_k", "K", "temperature_delta", "kelvin, of a difference"},
    Unit{"_v", "V", "voltage", "volts"},
    Unit{"_w", "W", "power", "watts"},
    Unit{"_h", "h", "duration", "hours"},
    Unit{"_s", "s", "duration", "seconds"},
};

}  // namespace

std::span<Unit const> units() { return known; }

Unit const* unit_of(std::string_view field_name) {
    auto const found = std::find_if(known.begin(), known.end(), [field_name](Unit const& unit) {
        return field_name.ends_with(unit.suffix);
    });
    return found == known.end() ? nullptr : found;
}

}  // namespace bridge
