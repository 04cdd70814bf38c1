// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sink {

/// A point in time as people and programs write it: unix milliseconds (`1785570000123`), ISO 8601 in UTC
/// (`2026-08-01`, `2026-08-01T07:40`, `2026-08-01T07:40:00.123Z`), `now`, or before it (`-1h`, `-7d`,
/// `-1.5min`).
[[nodiscard]] std::optional<bridge::Timestamp> parse_time(std::string_view text, bridge::Timestamp now);

/// `2026-08-01T07:40:00.123Z`.
[[nodiscard]] std::string iso_time(std::int64_t unix_ms);

}  // namespace sink
