// SPDX-License-Identifier: MIT
#pragma once

#include "dump.hpp"

#include <string>
#include <vector>

namespace mastertronic {

/// What was found in a dump, for people: tables, columns and the roles they were recognised in, the newest
/// result of each parameter, what was left out and why. No content of any other column.
[[nodiscard]] std::string describe(Dump const& dump);

/// The command `introspect FILE`, or `introspect` with the settings that name a device. Returns the exit
/// code.
[[nodiscard]] int run_introspect(std::vector<std::string> const& arguments);

}  // namespace mastertronic
