// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// Comma-separated values as RFC 4180 has them: lines end in CR LF, what has a comma, a quote or a line end
/// in it is quoted. Pure.
///
///     time,ts,frequency_hz,state_text
///     2026-08-01T07:40:00.123Z,1785570000123,50.013,"all, or nothing"

/// The first line.
[[nodiscard]] std::string csv_head(std::vector<std::string> const& fields);
/// One reading; what is not there is empty. `ts`: unix ms.
[[nodiscard]] std::string csv_line(std::int64_t ts, std::vector<std::optional<bridge::Value>> const& values);

/// A file's name made of these, whatever is in them: letters, digits, `-`, `_` and `.` stay.
[[nodiscard]] std::string csv_file_name(std::vector<std::string_view> const& parts);

}  // namespace sink
