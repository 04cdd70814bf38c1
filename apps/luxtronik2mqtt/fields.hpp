// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

namespace luxtronik {

/// Every field with a name of ours, those of all pumps and firmwares; a pump has some of them. What
/// `Selection::all` gives besides is not in it.
[[nodiscard]] bridge::FieldTable fields();

}  // namespace luxtronik
