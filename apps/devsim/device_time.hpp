// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace devsim {

/// Seconds since the simulated device was started; how fast it passes is the pacing's business.
using DeviceTime = std::chrono::duration<double>;

}  // namespace devsim
