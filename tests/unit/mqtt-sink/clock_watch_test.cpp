// SPDX-License-Identifier: MIT
#include "mqtt-sink/clock_watch.hpp"

#include "catch.hpp"

using bridge::Clocks;
using bridge::Timestamp;
using sink::ClockWatch;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::milliseconds;

namespace {

constexpr Timestamp august = Timestamp(milliseconds(1'785'570'000'000));

/// A host whose clocks are moved by hand.
struct Host {
    Clocks clocks{august, std::chrono::steady_clock::time_point(1h)};

    void run(std::chrono::minutes time) {
        clocks.wall += time;
        clocks.steady += time;
    }
    void jump(std::chrono::hours time) { clocks.wall += time; }
};

}  // namespace

TEST_CASE("a clock that is where it was left is believed at once") {
    Host host;
    ClockWatch watch(august - 23h, host.clocks);
    CHECK(watch.believed(host.clocks));
    host.run(days(40));
    CHECK(watch.believed(host.clocks));
    host.jump(23h);
    CHECK(watch.believed(host.clocks));
    host.jump(-23h);
    CHECK(watch.believed(host.clocks));
}

TEST_CASE("a clock that has jumped by more than a day is believed after a day without a jump") {
    for (auto const jump : {25h, -25h, 24h * 3650}) {
        Host host;
        ClockWatch watch(august, host.clocks);
        CHECK(watch.believed(host.clocks));
        host.jump(jump);
        CHECK_FALSE(watch.believed(host.clocks));
        host.run(23h);
        CHECK_FALSE(watch.believed(host.clocks));
        host.jump(jump);
        CHECK_FALSE(watch.believed(host.clocks));
        host.run(23h);
        CHECK_FALSE(watch.believed(host.clocks));
        host.run(1h);
        CHECK(watch.believed(host.clocks));
    }
}

TEST_CASE("a clock that jumps back to where it should be is believed at once") {
    Host host;
    ClockWatch watch(august, host.clocks);
    host.jump(24h * 3650);
    CHECK_FALSE(watch.believed(host.clocks));
    host.run(2h);
    host.jump(-24h * 3650);
    CHECK(watch.believed(host.clocks));
}

TEST_CASE("a clock that is not set is not believed however long it runs") {
    Host host;
    host.clocks.wall = Timestamp(0ms);
    ClockWatch watch(august, host.clocks);
    CHECK_FALSE(watch.believed(host.clocks));
    host.run(days(3));
    CHECK_FALSE(watch.believed(host.clocks));
    // And set to what it should be, as far as anybody knows.
    host.clocks.wall = august + days(3) + 1h;
    CHECK(watch.believed(host.clocks));
}

TEST_CASE("a clock that nobody has seen before is believed after a day") {
    Host host;
    ClockWatch watch(std::nullopt, host.clocks);
    CHECK_FALSE(watch.believed(host.clocks));
    host.run(24h);
    CHECK(watch.believed(host.clocks));
}

TEST_CASE("after a long time off the clock is believed after a day") {
    Host host;
    ClockWatch watch(august - days(30), host.clocks);
    CHECK_FALSE(watch.believed(host.clocks));
    host.run(24h);
    CHECK(watch.believed(host.clocks));
}
