// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "decode.hpp"
#include "smart_home_table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// The Smart Home Interface: Modbus TCP, from firmware V3.90.1 on. (From the sources of python-luxtronik and
/// evcc, and from raibisch's notes.) Numbers are 16 bits, or 32 with the high word first.
constexpr Release first_smart_home{90, 1};
constexpr std::uint16_t not_available = 0x7fff;  ///< of signed numbers, and of codes

/// What was read. One that the controller does not have is not there.
using Registers = std::map<RegisterPlace, std::uint16_t>;

/// One poll of this interface as a frame, which is ours: `decode` takes it, and so do recordings.
///
///     SHI1  n * fiivv
///
/// `f` the function that reads the register: 3 a holding, 4 an input; `i` its index, `v` its value. In order.
[[nodiscard]] std::string smart_home_frame(Registers const& registers);
/// True if such a frame begins here.
[[nodiscard]] bool begins_smart_home(bridge::Bytes bytes);
[[nodiscard]] bridge::Result<Registers> smart_home_registers(bridge::Bytes frame);

/// The firmware of inputs 400 to 402. Errors, each with a sentence: malformed, there is none; unsupported, it
/// is older than the interface.
[[nodiscard]] bridge::Result<Release> smart_home_release(Registers const& registers);

/// The one sample, `smart_home`.
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode_smart_home(bridge::Bytes frame,
                                                                            bridge::Timestamp received,
                                                                            Selection selection);

/// A register's value; nothing where it has none, or one that cannot be meant. A text where it is a code.
[[nodiscard]] std::optional<bridge::Value> register_value(Register const& field, Registers const& registers);

/// How people ask for a holding: its name without a unit; empty for one that cannot be written, and for
/// inputs.
[[nodiscard]] std::string override_name(Register const& field);
/// All of them.
[[nodiscard]] std::vector<std::string> override_names();
/// The holding that people call so; null if there is none.
[[nodiscard]] Register const* holding_named(std::string_view name);
/// A value of this holding as it is written. Error out_of_range: it is not within its bounds, or no value of
/// its kind; never a value that is only near.
[[nodiscard]] bridge::Result<std::uint16_t> raw_of(Register const& holding, bridge::Value const& value);

}  // namespace luxtronik
