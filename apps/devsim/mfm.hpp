// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace devsim {

/// `devsim mfm`: a mains frequency board on a pseudo terminal, until SIGTERM or SIGINT. Returns the exit
/// code.
[[nodiscard]] int run_mfm(std::vector<std::string> const& arguments);

}  // namespace devsim
