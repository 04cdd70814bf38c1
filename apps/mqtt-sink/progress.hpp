// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace sink {

/// How far a command is, on standard error: a bar that is drawn over on a terminal, a line now and then
/// elsewhere. On one thread.
class Progress {
  public:
    Progress();
    /// Ends the bar's line.
    ~Progress();
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    /// `done`: 0 to 1. `text` says the same in words. Shown only now and then.
    void show(double done, std::string const& text);
    /// A sentence for people, beside the bar.
    void say(std::string const& sentence);

  private:
    using Clock = std::chrono::steady_clock;

    bool terminal_;
    bool drawn_ = false;
    Clock::time_point next_;
};

}  // namespace sink
