// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace devsim {

/// `devsim luxtronik`: a heat pump's controller on TCP, until SIGTERM or SIGINT. Returns the exit code.
[[nodiscard]] int run_luxtronik(std::vector<std::string> const& arguments);

}  // namespace devsim
