// SPDX-License-Identifier: MIT
#include "status.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace isems {

using bridge::Severity;

namespace {

struct Flag {
    std::int64_t mask;
    std::string_view word;
    std::string_view trouble;  ///< a sentence; empty: it is none
    Severity severity = Severity::info;
};

/// 0x001 is not used.
constexpr std::array<Flag, 11> flags = {{
    {0x800, "charging", ""},
    {0x400, "discharging", ""},
    {0x200, "fully_charged", ""},
    {0x100, "healthy", ""},
    {0x080, "battery_low", "The battery is nearly empty.", Severity::warning},
    {0x040, "battery_capacity_low", "The battery has lost much of its capacity.", Severity::error},
    {sensor_missing, "temperature_sensor_missing", "The battery's temperature sensor is missing.",
     Severity::warning},
    {0x010, "controller_silent", "The solar controller does not answer.", Severity::critical},
    {0x008, "battery_hot", "The battery is too hot.", Severity::error},
    {0x004, "battery_cold", "The battery is too cold.", Severity::warning},
    {0x002, "upgrade_not_allowed", ""},
}};

}  // namespace

std::string status_words(std::int64_t code) {
    std::string words;
    for (auto const& flag : flags) {
        if ((code & flag.mask) == 0) continue;
        if (!words.empty()) words += ',';
        words += flag.word;
    }
    return words.empty() ? "none" : words;
}

std::vector<bridge::Condition> conditions(bridge::Sample const& sample) {
    auto const status =
        std::find_if(sample.readings.begin(), sample.readings.end(),
                     [](bridge::Reading const& reading) { return reading.name == "status_code"; });
    if (status == sample.readings.end()) return {};
    auto const* const code = std::get_if<std::int64_t>(&status->value);
    if (!code) return {};
    std::vector<bridge::Condition> all;
    for (auto const& flag : flags) {
        if (flag.trouble.empty()) continue;
        all.push_back(
            {std::string(flag.word), (*code & flag.mask) != 0, flag.severity, std::string(flag.trouble)});
    }
    return all;
}

}  // namespace isems
