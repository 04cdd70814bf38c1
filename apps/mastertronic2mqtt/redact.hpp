// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>

#include <string>

namespace mastertronic {

/// A dump made anew of what `read_dump` understands of this one: the tables of results, called `results_N`,
/// with the columns that have a role, and in them numbers, times and the parameters that are known; other
/// texts become `x`. Nothing else of the file remains: no other table, column or name, and none of what was
/// deleted. Errors as `decode`.
[[nodiscard]] bridge::Result<std::string> redact(bridge::Bytes dump);

}  // namespace mastertronic
