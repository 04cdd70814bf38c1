// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace devsim {

/// `devsim isems`: a crowd of solar nodes with their web servers, until SIGTERM or SIGINT. Returns the exit
/// code.
[[nodiscard]] int run_isems(std::vector<std::string> const& arguments);

}  // namespace devsim
