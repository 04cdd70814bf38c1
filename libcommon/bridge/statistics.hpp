// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

namespace bridge {

/// What is said of several whole numbers of one unit. Exact; meaningless while `count` is 0.
struct Statistics {
    std::int64_t newest = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    std::int64_t sum = 0;
    std::int64_t count = 0;

    void add(std::int64_t value) {
        newest = value;
        least = count == 0 ? value : std::min(least, value);
        most = count == 0 ? value : std::max(most, value);
        sum += value;
        ++count;
    }

    [[nodiscard]] double mean() const { return static_cast<double>(sum) / static_cast<double>(count); }
};

}  // namespace bridge
