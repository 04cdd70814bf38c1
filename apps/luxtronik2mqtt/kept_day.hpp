// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "day.hpp"

#include <string>
#include <string_view>

namespace luxtronik {

/// A day as text, to be kept over a restart. Pure.
[[nodiscard]] std::string kept_text(Day const& day);

/// What `kept_text` gave. Error: malformed, and what is wrong with it.
[[nodiscard]] bridge::Result<Day> read_kept_day(std::string_view text);

}  // namespace luxtronik
