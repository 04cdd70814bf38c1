// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <thread>

namespace test {

using namespace std::chrono_literals;

/// Polls until the condition holds; false when it does not within the deadline.
template <class Condition>
[[nodiscard]] bool eventually(Condition&& condition, std::chrono::milliseconds deadline = 30s) {
    auto const end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

/// True when the condition holds over the whole time: for what must not happen.
template <class Condition>
[[nodiscard]] bool throughout(std::chrono::milliseconds time, Condition&& condition) {
    return !eventually([&] { return !condition(); }, time);
}

}  // namespace test
