// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace devsim {

/// SplitMix64. The standard distributions differ between libraries; here the same seed gives the same numbers
/// everywhere, so nothing but exact arithmetic is used.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// 0 to count - 1; count is small, so the remainder's bias is far below anything that could be seen.
    std::uint64_t below(std::uint64_t count) { return next() % count; }

    /// From 0 up to, but not including, 1.
    double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

    bool chance(double probability) { return unit() < probability; }

    /// Mean 0, standard deviation 1, never beyond 6: the sum of twelve uniform numbers.
    double gaussian() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += unit();
        return sum;
    }

  private:
    std::uint64_t state_;
};

}  // namespace devsim
