// SPDX-License-Identifier: MIT
#pragma once

#include "refusal.hpp"
#include "store_reader.hpp"

#include <string>
#include <variant>

namespace sink {

/// What becomes of fields that are texts.
enum class Texts {
    send,
    leave_out,  ///< the reader would make numbers of them
};

/// A stored row as InfluxDB's line protocol, with its line end, times in milliseconds:
///
///     luxtronik,device=heatpump,channel=parameters flow_c=22.7,state_text="heating" 1785570000123
///
/// The measurement is the base; every number is a float, so that a field keeps its type for ever. A field
/// called as something of the line already is (`device`, `channel`, `time`) gets a number behind its name, as
/// in the store: `time_2`. Empty where nothing is left to be sent. Refused: a name with a backslash, a quote
/// or a control character; readers do not agree on how to write those. Pure.
[[nodiscard]] std::variant<std::string, Refusal> to_line(StoredRow const& row, Texts texts);

}  // namespace sink
