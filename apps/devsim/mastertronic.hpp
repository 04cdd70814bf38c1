// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace devsim {

/// `devsim mastertronic`: a Mastertronic water tester's HTTP server, until SIGTERM or SIGINT. Returns the
/// exit code.
[[nodiscard]] int run_mastertronic(std::vector<std::string> const& arguments);

}  // namespace devsim
