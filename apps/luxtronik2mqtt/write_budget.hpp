// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// How often one controller may be written to: each write goes to its flash memory, which is said to bear
/// some 100,000 of them (python-luxtronik, issue 158). Counted over the last 24 hours. Pure: the caller keeps
/// its text over restarts.
class WriteBudget {
  public:
    static constexpr std::chrono::seconds pause{60};  ///< between two writes of one name
    static constexpr std::size_t most_a_day = 24;     ///< of all names together

    /// Counts a write of this name. Error: there is none left, with a sentence; nothing was counted.
    [[nodiscard]] bridge::Result<> spend(std::string_view name, bridge::Timestamp now);

    /// A line for each write, `<unix ms> <name>`.
    [[nodiscard]] std::string text() const;
    /// Error: malformed.
    [[nodiscard]] static bridge::Result<WriteBudget> read(std::string_view text);

  private:
    struct Spent {
        bridge::Timestamp time;
        std::string name;
    };
    std::vector<Spent> spent_;  ///< oldest first
};

}  // namespace luxtronik
