// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/events.hpp>
#include <bridge/sample.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace isems {

/// The bit of a node's status that says that its battery has no temperature sensor.
constexpr std::int64_t sensor_missing = 0x020;

/// The bits of a status in words, with commas between them; `none` where none is set.
[[nodiscard]] std::string status_words(std::int64_t code);

/// What may be wrong with the node that gave this sample; nothing if it has no status. (Severities as the
/// ISEMS app has them, but for a hot battery, which a misspelt name in the app never shows.)
[[nodiscard]] std::vector<bridge::Condition> conditions(bridge::Sample const& sample);

}  // namespace isems
