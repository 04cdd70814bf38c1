// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

namespace luxtronik {

/// The fields that are not the controller's but follow from its: those of `Performance` in the device's own
/// reading, and those of `Day` in the channel `day`.
[[nodiscard]] bridge::FieldTable derived_fields();

}  // namespace luxtronik
