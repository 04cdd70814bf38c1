// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

namespace isems {

/// All fields of a node; a node gives those that it knows.
[[nodiscard]] bridge::FieldTable fields();

}  // namespace isems
