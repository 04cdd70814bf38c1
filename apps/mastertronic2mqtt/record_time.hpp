// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mastertronic {

/// The time of a test in any notation that says it without doubt; nothing for all others, and for what lies
/// before 2015 or more than a day after `received`: the device did not exist, or its clock is wrong.
/// Numbers are unix seconds, milliseconds, microseconds or nanoseconds: in that span they cannot be confused.
[[nodiscard]] std::optional<bridge::Timestamp> read_time(std::int64_t number, bridge::Timestamp received);
[[nodiscard]] std::optional<bridge::Timestamp> read_time(double number, bridge::Timestamp received);
/// `2026-03-01T06:00:00Z`, with a blank for the T, a fraction, an offset `+01:00`. A time without a zone
/// could be any of two dozen moments, so it is none.
[[nodiscard]] std::optional<bridge::Timestamp> read_time(std::string_view text, bridge::Timestamp received);

}  // namespace mastertronic
