// SPDX-License-Identifier: MIT
#include <bridge/backoff.hpp>

#include <algorithm>

namespace bridge {

std::chrono::milliseconds Backoff::next() {
    if (limits_.first >= limits_.most) return limits_.most;
    // Knuth's 64-bit linear congruential generator; its high bits are good enough to spread retries.
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    auto const half = step_.count() / 2;
    auto const jitter =
        half > 0 ? static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(half)) : 0;
    auto const wait = std::chrono::milliseconds(step_.count() - jitter);
    step_ = std::min(step_ * 2, limits_.most);
    return wait;
}

}  // namespace bridge
