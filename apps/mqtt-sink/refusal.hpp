// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace sink {

/// Why a message is set aside instead of stored, or a row that an output refused.
enum class Reason {
    empty,
    too_large,
    topic,
    utf8,
    not_json,
    array,
    nesting,
    number,
    timestamp,
    field_name,
    too_many_fields,
    no_fields,
    availability,
    event,
    table_full,
    store,
    damaged,
    output,
};

/// The word of each reason, in the same order: label of the metric and text in the table.
constexpr std::array<std::string_view, 18> reason_words = {
    "empty",        "too_large", "topic",      "utf8",       "not_json",        "array",
    "nesting",      "number",    "timestamp",  "field_name", "too_many_fields", "no_fields",
    "availability", "event",     "table_full", "store",      "damaged",         "output"};

[[nodiscard]] constexpr std::string_view to_string(Reason reason) {
    return reason_words[static_cast<std::size_t>(reason)];
}

/// A message that cannot be stored, and why: a word for programs and a sentence for people.
struct Refusal {
    Reason reason = Reason::empty;
    std::string sentence;
    bool operator==(Refusal const&) const = default;
};

}  // namespace sink
