// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace bridge {

/// Both clocks, read together.
struct Clocks {
    Timestamp wall;
    std::chrono::steady_clock::time_point steady;
    [[nodiscard]] static Clocks now();
};

/// True if the host's clock has been set: a small computer without a battery starts in the past. (Any day
/// before this program was written is the past.)
[[nodiscard]] bool is_set(Timestamp wall);

/// Samples taken before the host's clock is set wait here, dated by the monotonic clock, until they can be
/// stamped. Bounded: the oldest is dropped, counted.
class ClockGate {
  public:
    /// What may go on now, oldest first: nothing while the clock is not set, else what waited, restamped, and
    /// `sample`.
    [[nodiscard]] std::vector<Sample> pass(Sample sample, Clocks now);
    /// As `pass`, without a new one.
    [[nodiscard]] std::vector<Sample> release(Clocks now);

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  private:
    struct Waiting {
        Sample sample;
        std::chrono::steady_clock::time_point taken;
    };
    /// When a sample dated by the clock of before was measured, by the monotonic one.
    [[nodiscard]] std::chrono::steady_clock::time_point taken(Sample const& sample, Clocks now) const;

    std::deque<Waiting> waiting_;
    Clocks last_unset_{};  ///< as last seen before the clock was set
    std::uint64_t dropped_ = 0;
};

}  // namespace bridge
