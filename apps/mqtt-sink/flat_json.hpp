// SPDX-License-Identifier: MIT
#pragma once

#include "refusal.hpp"

#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace sink {

constexpr std::size_t most_fields = 1900;
constexpr std::size_t longest_field_name = 200;
constexpr std::size_t deepest_object = 16;

/// The readings of one payload.
struct FlatJson {
    std::optional<std::int64_t> ts;  ///< the integer `ts` of an object, whatever its value
    std::vector<bridge::Reading> readings;
};

/// A JSON object as readings: nested objects are joined with `_`, null is left out, yes and no are 1 and 0,
/// of two fields with one name the last counts. A single number, text or truth value is the reading `value`.
/// Integers beyond 64 bits become doubles.
[[nodiscard]] std::variant<FlatJson, Refusal> flatten_json(std::string_view payload);

}  // namespace sink
