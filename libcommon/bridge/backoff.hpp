// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace bridge {

/// How long to wait before the next try: doubles from `first` to `most`, each wait drawn from its upper half,
/// so that many programs that lost the same broker do not come back at the same instant. Deterministic by
/// seed.
class Backoff {
  public:
    struct Limits {
        std::chrono::milliseconds first{1000};
        std::chrono::milliseconds most{60000};
    };

    Backoff(Limits limits, std::uint64_t seed) : limits_(limits), step_(limits.first), state_(seed) {}

    /// The wait before the next try. Where first and most are equal, that wait, without jitter.
    [[nodiscard]] std::chrono::milliseconds next();

    /// After a success: the next wait is the first again.
    void reset() { step_ = limits_.first; }

  private:
    Limits limits_;
    std::chrono::milliseconds step_;
    std::uint64_t state_;
};

}  // namespace bridge
