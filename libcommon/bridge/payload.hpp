// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <string>

namespace bridge {

/// A number as JSON has it: shortest form that reads back the same, always with a fraction or an exponent
/// (`50.0`), so that a field keeps its type. Empty for NaN and infinities: those are not values.
[[nodiscard]] std::string format_number(double number);

/// A text as a JSON string with its quotes; broken UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// The flat JSON object of one reading: `{"ts":1785570000123,"seq":7,"frequency_hz":50.013}`. A reading that
/// is not a number is left out.
[[nodiscard]] std::string to_json(Sample const& sample, std::uint64_t seq);

}  // namespace bridge
