// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sink {

/// Which of many lines a server refuses: all are tried together, and what is refused in halves, down to
/// single lines; where the server names lines, without those. Pure.
class Halving {
  public:
    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;  ///< behind the last
    };
    struct Refused {
        std::size_t line = 0;
        std::string sentence;  ///< the server's
    };

    explicit Halving(std::size_t lines);

    /// What to try next; nothing when all lines are known. Then one of the next four has to be called.
    [[nodiscard]] std::optional<Range> next() const;
    void taken();
    /// `about_lines`: the server says itself that it is about lines, and not the whole.
    void refused(std::string const& sentence, bool about_lines);
    /// These, counted from the range's begin; there may be more of them than the server names.
    void refused(std::vector<Refused> const& lines);
    void too_large(std::string const& sentence);

    /// Single lines that will never be taken. Refusals that may be about the whole count only if the server
    /// has taken something.
    [[nodiscard]] std::vector<Refused> const& lines_refused() const { return lines_refused_; }
    /// What the server says to everything; nothing as soon as it has taken something.
    [[nodiscard]] std::optional<std::string> everything_refused() const;

  private:
    void halve(std::string const& sentence, bool certain);
    void take_something();

    std::vector<Range> ranges_;  ///< not tried yet, the last one next
    bool some_taken_ = false;
    std::vector<Refused> lines_refused_;
    std::vector<Refused> doubtful_;
};

}  // namespace sink
