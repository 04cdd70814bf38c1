// SPDX-License-Identifier: MIT
#include <bridge/clock_gate.hpp>

#include "catch.hpp"

using namespace bridge;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp unset = std::chrono::sys_days(std::chrono::year(2024) / 3 / 1);
constexpr Timestamp set = std::chrono::sys_days(std::chrono::year(2026) / 8 / 1);
constexpr std::chrono::steady_clock::time_point boot(1000s);

Sample sample(Timestamp time, std::int64_t number = 0) { return {"mains", "", time, {{"n", number}}}; }

}  // namespace

TEST_CASE("a clock before this program was written is not set") {
    CHECK_FALSE(is_set(Timestamp(0ms)));
    CHECK_FALSE(is_set(unset));
    CHECK(is_set(set));
}

TEST_CASE("with a clock that is set a sample passes as it is") {
    ClockGate gate;
    CHECK(gate.pass(sample(set), {set + 5s, boot}) == std::vector{sample(set)});
    CHECK(gate.waiting() == 0);
}

TEST_CASE("samples wait for the clock and are then dated by the monotonic one, oldest first") {
    ClockGate gate;
    CHECK(gate.pass(sample(unset + 10s, 1), {unset + 12s, boot + 12s}).empty());
    CHECK(gate.pass(sample(unset + 20s, 2), {unset + 20s, boot + 20s}).empty());
    CHECK(gate.waiting() == 2);
    CHECK(gate.release({unset + 25s, boot + 25s}).empty());
    // A minute after boot the time arrives: it is `set` now.
    auto const released = gate.pass(sample(set, 3), {set, boot + 60s});
    CHECK(released == std::vector{sample(set - 50s, 1), sample(set - 40s, 2), sample(set, 3)});
    CHECK(gate.waiting() == 0);
    CHECK(gate.release({set, boot + 61s}).empty());
}

TEST_CASE("samples are released without a new one") {
    ClockGate gate;
    (void)gate.pass(sample(unset), {unset, boot});  // waits
    CHECK(gate.release({set, boot + 5s}) == std::vector{sample(set - 5s)});
}

TEST_CASE(
    "a sample measured before the clock was set and finished after is not dated by the clock of before") {
    ClockGate gate;
    (void)gate.pass(sample(unset, 1), {unset, boot});  // waits
    // Measured 2 s before the time arrived; its window ends just after.
    auto const released = gate.pass(sample(unset + 8s, 2), {set, boot + 10s});
    CHECK(released == std::vector{sample(set - 10s, 1), sample(set - 2s, 2)});
}

TEST_CASE("so many samples wait, then the oldest is dropped and counted") {
    ClockGate gate;
    for (int i = 0; i < 10'005; ++i) {
        CHECKED_ELSE(gate.pass(sample(unset, i), {unset, boot}).empty()) { FAIL(i); }
    }
    CHECK(gate.waiting() == 10'000);
    CHECK(gate.dropped() == 5);
    auto const released = gate.release({set, boot});
    REQUIRE(released.size() == 10'000);
    CHECK(released.front() == sample(set, 5));
    CHECK(released.back() == sample(set, 10'004));
}
