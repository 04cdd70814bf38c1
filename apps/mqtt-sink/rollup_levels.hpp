// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

namespace sink {

/// The arithmetic of rollups: pieces of time that begin at whole minutes, hours and days of UTC, and what is
/// said of the numbers in one. Pure. Times are unix milliseconds.
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;

/// What a question can be answered from, the finest first.
enum class Level { raw, minutes, hours, days };
/// 1 for `raw`.
[[nodiscard]] std::int64_t width_of(Level level);
[[nodiscard]] char const* table_of(Level level);  ///< not of `raw`
[[nodiscard]] Level finer(Level level);           ///< not of `raw`
/// The coarsest level of which pieces of `width` can be made.
[[nodiscard]] Level level_for(std::int64_t width);

/// The multiple of `width` at or before `time`, at or after it; right before 1970 too.
[[nodiscard]] std::int64_t floor_to(std::int64_t time, std::int64_t width);
[[nodiscard]] std::int64_t ceil_to(std::int64_t time, std::int64_t width);

/// How wide the pieces are of a chart from `from` to `to`, both inclusive, of at most `points` points: a
/// multiple of the width of its level, so that no bucket lies in two pieces.
[[nodiscard]] std::int64_t piece_width(std::int64_t from, std::int64_t to, std::int64_t points);

/// Numbers, put together.
class Summary {
  public:
    void add(double number) { add(1, number, number, number); }
    void add(std::int64_t count, double mean, double least, double most) {
        least_ = count_ == 0 ? least : std::min(least_, least);
        most_ = count_ == 0 ? most : std::max(most_, most);
        total_ += mean * static_cast<double>(count);
        count_ += count;
    }

    [[nodiscard]] std::int64_t count() const { return count_; }
    // With a count above 0.
    [[nodiscard]] double least() const { return least_; }
    [[nodiscard]] double most() const { return most_; }
    /// Of many equal numbers it must not lie a rounding error outside them.
    [[nodiscard]] double mean() const {
        return std::clamp(total_ / static_cast<double>(count_), least_, most_);
    }

  private:
    std::int64_t count_ = 0;
    double total_ = 0;
    double least_ = 0;
    double most_ = 0;
};

}  // namespace sink
