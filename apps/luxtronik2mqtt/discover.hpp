// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace luxtronik {

/// The command `discover [ADDRESS[:PORT]]`: prints the controllers that answer in the network, one a line.
/// Returns the exit code: 0 some, 1 none, 2 wrong usage.
[[nodiscard]] int run_discover(std::vector<std::string> const& arguments);

}  // namespace luxtronik
