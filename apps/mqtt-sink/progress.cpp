// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sink {

namespace {

constexpr auto redraw = std::chrono::milliseconds(200);
constexpr auto next_line = std::chrono::seconds(10);
constexpr int width = 30;

}  // namespace

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1), next_(Clock::now()) {}

Progress::~Progress() {
    if (drawn_) fmt::print(stderr, "\n");
}

void Progress::show(double done, std::string const& text) {
    auto const now = Clock::now();
    bool const finished = done >= 1;
    if (now < next_ && !finished) return;
    next_ = now + (terminal_ ? std::chrono::milliseconds(redraw) : next_line);
    int const percent = static_cast<int>(std::clamp(done, 0.0, 1.0) * 100);
    if (!terminal_) return fmt::print(stderr, "{} %, {}\n", percent, text);
    int const filled = percent * width / 100;
    fmt::print(stderr, "\r[{:#>{}}{:.>{}}] {:3} %, {}\x1b[K", "", filled, "", width - filled, percent, text);
    if (finished) fmt::print(stderr, "\n");
    std::fflush(stderr);
    drawn_ = !finished;
}

void Progress::say(std::string const& sentence) {
    fmt::print(stderr, "{}{}\n", std::exchange(drawn_, false) ? "\n" : "", sentence);
}

}  // namespace sink
