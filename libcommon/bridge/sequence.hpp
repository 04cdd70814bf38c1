// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace bridge {

/// Numbers the readings of each channel: one up each time, over restarts never back. They are reserved in
/// blocks in a small file, so that nothing is written per reading; after a start they jump to a block never
/// used.
class Sequence {
  public:
    /// `file` empty: numbers start at 1 and are not kept. Where the file cannot be read or written the error
    /// says so once, and numbers start at the unix time in milliseconds, which is past all that a run before
    /// could use.
    Sequence(std::string file, std::uint64_t unix_ms);

    /// The next number of a channel.
    [[nodiscard]] std::uint64_t next(std::string const& channel_topic);

    /// Where the numbers of this start begin.
    [[nodiscard]] std::uint64_t first() const { return first_; }

    /// The first trouble with the file, once.
    [[nodiscard]] Result<> take_trouble();

  private:
    [[nodiscard]] Result<> reserve_past(std::uint64_t number);

    std::string file_;
    std::uint64_t first_ = 1;
    std::uint64_t reserved_ = 0;
    std::map<std::string, std::uint64_t> next_;
    Result<> trouble_;
    bool told_ = false;
};

}  // namespace bridge
