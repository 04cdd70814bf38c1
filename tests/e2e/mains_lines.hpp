// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace test {

/// One line as the boards print it, CR LF included, for 50 Hz grids. Written from the formats' description
/// and apart from the decoder, so that neither hides the other's mistakes.
[[nodiscard]] std::string mains_line(int protocol, int millihertz, unsigned alarms = 0);

/// True when some reader of good will could take a line out of this text. What a test calls damaged must not
/// be such a text.
[[nodiscard]] bool might_hold_a_line(std::string_view text);

/// Endless lines of mixed protocols with noise, and the count of what must come of them.
class NoisyLines {
  public:
    explicit NoisyLines(std::uint64_t seed) : random_(seed) {}

    /// The next piece of the stream: an intact line, or a damaged one together with what it spoilt.
    [[nodiscard]] std::string next();

    [[nodiscard]] std::size_t lines() const { return lines_; }
    /// By protocol, 1 to 4; the place 0 is unused.
    [[nodiscard]] std::array<std::size_t, 5> const& intact() const { return intact_; }
    [[nodiscard]] std::size_t damaged_pieces() const { return damaged_pieces_; }

  private:
    enum class Noise { lost, inserted, not_a_digit, cut, bit };

    [[nodiscard]] std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    [[nodiscard]] int next_protocol();
    [[nodiscard]] std::string next_line(int protocol);
    [[nodiscard]] std::string damaged(std::string line, int protocol);

    std::mt19937_64 random_;
    std::size_t lines_ = 0, damaged_pieces_ = 0;
    std::array<std::size_t, 5> intact_{};
    int protocol_ = 1;
    int millihertz_ = 50'000;
};

}  // namespace test
