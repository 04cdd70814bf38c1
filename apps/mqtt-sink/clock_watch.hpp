// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/clock_gate.hpp>

#include <chrono>
#include <optional>

namespace sink {

/// Whether the host's clock may be believed where something is deleted by it. It is, if it is set and not
/// more than a day from where it should be: from where it was when it was believed last, and what the
/// monotonic clock has run since. (Between two runs of the program nothing tells how long it was.) A clock
/// that is elsewhere, or was never believed, has to go on for a day without another jump. Pure.
class ClockWatch {
  public:
    static constexpr std::chrono::hours most_jump{24};
    static constexpr std::chrono::hours probation{24};

    /// `remembered`: the host's clock when an earlier run believed it last.
    ClockWatch(std::optional<bridge::Timestamp> remembered, bridge::Clocks now);

    [[nodiscard]] bool believed(bridge::Clocks now);

  private:
    std::optional<bridge::Clocks> believed_;  ///< last
    std::optional<bridge::Clocks> trial_;     ///< since then it has not jumped
};

}  // namespace sink
