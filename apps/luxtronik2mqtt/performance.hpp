// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include "numbers.hpp"

#include <optional>

namespace luxtronik {

/// What follows from one reading and the few minutes before it: heat output where the controller does not
/// say it, and the coefficient of performance. Pure.
class Performance {
  public:
    /// Adds `heat_output_estimated_w` and `cop` to the device's own reading, each where it is known:
    /// * the heat output is estimated from flow rate and spread of water, where the controller gives none or
    ///   0; 0 where no compressor runs;
    /// * the coefficient is the controller's heat output by its electric input, and there is one only while
    ///   the pump has been heating the house, the hot water or the pool for three minutes without a change,
    ///   without the second heater, and both are what a pump can have.
    void add_to(bridge::Sample& reading);

  private:
    /// What has to stay as it is; of the same values nothing was switched meanwhile.
    struct Operation {
        std::optional<double> mode, compressor_1, compressor_2, starts, defrost_valve, second_heater;
        bool operator==(Operation const&) const = default;
    };
    void watch(Operation const& now, bridge::Timestamp time);
    [[nodiscard]] std::optional<double> coefficient(Numbers const& now) const;

    Operation operation_;
    bridge::Timestamp since_, newest_;
};

}  // namespace luxtronik
