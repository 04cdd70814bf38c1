// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"

namespace test {

/// SIGSTOP, and the process stands still when this returns. SIGCONT lets it go on.
void stop_still(Process const& process);

}  // namespace test
