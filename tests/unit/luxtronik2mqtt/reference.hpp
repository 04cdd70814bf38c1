// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace test {

enum class List { calculations, parameters };

/// Equipment is built in where this value is not 0.
struct Equipment {
    List list;
    std::size_t index;
};

/// A number at its place, as the notes on the protocol have it for firmware V3.92: written without a look at
/// the program's own table.
struct Place {
    List list;
    std::size_t index;
    std::string_view name;
    std::string_view type;                  ///< the name of a data type in these notes
    std::vector<std::int32_t> absent = {};  ///< what says that there is no sensor
    std::optional<Equipment> needs = std::nullopt;
};

[[nodiscard]] std::span<Place const> places();

/// What a raw number of this type must be in JSON, made of whole numbers only; nothing: it cannot be meant.
/// Of a code the number.
[[nodiscard]] std::optional<std::string> expected_json(std::string_view type, std::int32_t raw);

/// True if codes of this type have a text.
[[nodiscard]] bool is_code(std::string_view type);
/// True if the notes know this code.
[[nodiscard]] bool is_known_code(std::string_view type, std::int32_t code);

}  // namespace test
