// SPDX-License-Identifier: MIT
#pragma once

#include "settings.hpp"

#include <bridge/program.hpp>

namespace sink {

/// --check: tries the database, the broker and each output once, prints a line for each, and changes nothing.
/// True: all are as they have to be.
[[nodiscard]] bool check(Settings const& settings, bridge::ProgramSettings const& program);

}  // namespace sink
