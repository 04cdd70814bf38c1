// SPDX-License-Identifier: MIT
#pragma once

#include "field_table.hpp"

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

namespace luxtronik {

/// The two lists of the Smart Home Interface: what the controller shows, and what others want of it.
enum class RegisterList { inputs, holdings };

/// A register's place: its list, and its number there, 10,000 below its address.
struct RegisterPlace {
    RegisterList list = RegisterList::inputs;
    std::uint16_t index = 0;
    auto operator<=>(RegisterPlace const&) const = default;
};

/// One holding to be written.
struct RegisterWrite {
    std::uint16_t index = 0;
    std::uint16_t value = 0;
    bool operator==(RegisterWrite const&) const = default;
};

/// What a register's bits stand for.
enum class RegisterForm {
    scaled,   ///< a measurement: raw / divisor
    hundred,  ///< hundreds
    whole,    ///< a count, or a number of unknown meaning
    flag,     ///< 0 or 1
    bit,      ///< one bit of 16
    choice,   ///< a code with a text
    version,  ///< three registers: 3, 90, 1
};

/// One row of smart_home.csv.
struct Register {
    RegisterPlace place;
    std::uint16_t words;  ///< registers that it takes, the high word first
    bool is_signed;
    std::string_view identifier;  ///< as the controller's community calls it
    std::string_view name;        ///< ours, ending in its unit; empty: of unknown meaning
    RegisterForm form;
    std::int32_t divisor;      ///< of `scaled`; of `bit` which one, 1 or 2 or 4...
    std::int32_t least, most;  ///< raw; what is outside cannot be meant, and is never written
    std::span<Choice const> choices;
    Release since;
    std::int32_t usual;  ///< of holdings: raw, what it is while nobody wants anything
    std::int32_t mode;   ///< of holdings: index of the mode that says if this one counts, or its own; else -1
    bridge::Field::Course course;
    std::string_view english, german, meaning;
};

/// All rows by list and index; made at build time from smart_home.csv and choices.csv.
[[nodiscard]] std::span<Register const> smart_home_table();

}  // namespace luxtronik
