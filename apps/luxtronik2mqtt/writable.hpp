// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "decode.hpp"
#include "field_table.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// A parameter that people may change, and between which raw values. (The bounds are those of
/// python-luxtronik, of BenPru/luxtronik and of the openHAB binding.) Limits that guard the machine are not
/// among them, nor is the access level.
struct Writable {
    std::string_view name;  ///< as it is asked for
    std::uint32_t index;
    Release since, before;           ///< firmware that keeps it there, with these bounds
    std::int32_t least, most, step;  ///< raw; all 0 where the field has choices or is a flag
};

/// A name may have several rows, for different firmware.
[[nodiscard]] std::span<Writable const> writables();

/// Their names, each once.
[[nodiscard]] std::vector<std::string> writable_names();
/// The names of a list with commas between, those of `override_names` included. The error names one that is
/// neither.
[[nodiscard]] bridge::Result<std::vector<std::string>> read_names(std::string_view list);

/// Marks what can be set in a table of fields.
[[nodiscard]] bridge::FieldTable with_settable(bridge::FieldTable table);
/// Takes the mark from all whose name is not one of these; overrides among them are then no entities.
[[nodiscard]] bridge::FieldTable only_settable(bridge::FieldTable table,
                                               std::vector<std::string> const& names);

/// What is to be written where.
struct Write {
    std::uint32_t index;
    std::int32_t raw;
};
/// `value`: as `settable_value` gives it. Errors, each a sentence: the firmware is not known, restarts the
/// controller on every write, or does not have the parameter with this value.
[[nodiscard]] bridge::Result<Write> plan_write(std::string_view name, bridge::Value const& value,
                                               std::optional<Version> const& version);
/// A raw value of a writable parameter, as its field has it.
[[nodiscard]] bridge::Value shown_value(std::uint32_t index, std::int32_t raw);

}  // namespace luxtronik
