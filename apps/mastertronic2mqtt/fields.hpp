// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

namespace mastertronic {

/// The device's own reading, and a channel for each quantity that it tests.
[[nodiscard]] bridge::FieldTable fields();

}  // namespace mastertronic
