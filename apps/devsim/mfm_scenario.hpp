// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"
#include "random.hpp"

#include <cstdint>

namespace devsim {

enum class Scenario { calm, steady, ramp, step, split2021, shedding, na60 };

/// The synchronous area that the board is plugged into: its true frequency over device time. The noise lies
/// on a fixed grid of time, so it does not depend on when it is asked for. A pure value; time must not run
/// backwards.
class Grid {
  public:
    /// `offset_mhz` is added to everything.
    Grid(Scenario scenario, double offset_mhz, std::uint64_t seed);

    [[nodiscard]] int nominal_hz() const;
    [[nodiscard]] double frequency_hz(DeviceTime time);

  private:
    Scenario scenario_;
    double offset_mhz_;
    Random random_;
    std::int64_t noise_step_ = 0;
    double noise_before_mhz_ = 0;
    double noise_after_mhz_ = 0;

    [[nodiscard]] double noise_mhz(DeviceTime time);
};

}  // namespace devsim
