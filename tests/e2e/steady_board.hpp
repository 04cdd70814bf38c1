// SPDX-License-Identifier: MIT
#pragma once

#include "support/serial_line.hpp"

#include <atomic>
#include <filesystem>
#include <thread>

namespace test {

/// A board that never stops measuring 50 Hz, fifty lines a second, from a thread of its own. It is unplugged
/// when this object goes.
class SteadyBoard {
  public:
    explicit SteadyBoard(std::filesystem::path const& link);
    ~SteadyBoard();
    SteadyBoard(SteadyBoard const&) = delete;
    SteadyBoard& operator=(SteadyBoard const&) = delete;

  private:
    void measure();

    SerialLine line_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace test
