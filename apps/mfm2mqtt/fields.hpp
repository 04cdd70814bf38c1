// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

#include <chrono>
#include <string_view>

namespace mfm {

/// Readings that come faster than this have a slow channel beside them, for house automations.
constexpr std::chrono::milliseconds slow_interval = std::chrono::seconds(10);
constexpr std::string_view slow_channel = "10s";
[[nodiscard]] constexpr bool has_slow_channel(std::chrono::milliseconds interval) {
    return interval < slow_interval;
}

/// The fields of the device's own reading, one in `interval`, and of the slow channel where there is one.
[[nodiscard]] bridge::FieldTable fields(std::chrono::milliseconds interval);
/// Those of the default settings.
[[nodiscard]] bridge::FieldTable fields();

}  // namespace mfm
