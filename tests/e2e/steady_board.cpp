// SPDX-License-Identifier: MIT
#include "steady_board.hpp"

#include "mains_lines.hpp"

#include "support/eventually.hpp"

namespace test {

SteadyBoard::SteadyBoard(std::filesystem::path const& link) : line_(link), thread_([this] { measure(); }) {}

SteadyBoard::~SteadyBoard() {
    stopping_ = true;
    thread_.join();
}

void SteadyBoard::measure() {
    for (int line = 0; !stopping_; ++line) {
        // A board does not wait for readers: what nobody takes is lost.
        if (line_.opened(0ms)) (void)line_.try_write(mains_line(1, 50'000 + line % 13));
        std::this_thread::sleep_for(20ms);
    }
}

}  // namespace test
