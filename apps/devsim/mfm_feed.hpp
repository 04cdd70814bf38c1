// SPDX-License-Identifier: MIT
#pragma once

#include "fault_script.hpp"
#include "line_damage.hpp"
#include "mfm_board.hpp"
#include "mfm_scenario.hpp"
#include "random.hpp"

#include <optional>
#include <span>
#include <string>

namespace devsim {

/// The faults that a mains frequency board can show.
[[nodiscard]] std::span<CueKind const> mfm_cues();

/// What goes onto the serial line, and what is true of it.
struct Transmission {
    DeviceTime time{};
    std::string bytes;
    int protocol = 1;
    std::optional<int> millihertz;            ///< of a reading; nothing: a banner or an error text
    Integrity integrity = Integrity::intact;  ///< of a reading
};

/// A board at a grid with a script of faults: everything but the serial line itself. Without a clock, and
/// deterministic by seed. Not to be moved after the first call. The script outlives it, and may change.
class MfmFeed {
  public:
    MfmFeed(MfmBoard board, Grid grid, FaultScript& faults, std::uint64_t seed);

    [[nodiscard]] Transmission next();

    /// False while the script has the cable pulled.
    [[nodiscard]] bool plugged(DeviceTime time) const { return !faults_.lasting("unplug", time); }

  private:
    void follow_script();
    [[nodiscard]] std::optional<double> mains(DeviceTime time);

    MfmBoard board_;
    Grid grid_;
    FaultScript& faults_;
    Random random_;
    bool any_protocol_ = false;
    bool after_line_end_ = true;
};

/// The line of the truth file: `12.240000 1 49998 intact`, or for what is no reading `0.200000 1 - other`.
/// `alone`: it was sent after a line end.
[[nodiscard]] std::string truth_line(Transmission const& sent, bool alone);

}  // namespace devsim
