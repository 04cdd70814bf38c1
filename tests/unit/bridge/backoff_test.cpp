// SPDX-License-Identifier: MIT
#include <bridge/backoff.hpp>

#include "catch.hpp"

#include <set>

using namespace bridge;
using namespace std::chrono_literals;

TEST_CASE("each wait lies in the upper half of its step, and steps double up to the most") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        INFO(seed);
        Backoff backoff({1s, 60s}, seed);
        for (auto const step : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
            auto const wait = backoff.next();
            CHECK(wait > step / 2);
            CHECK(wait <= step);
        }
    }
}

TEST_CASE("after a success the first wait is short again") {
    Backoff backoff({1s, 60s}, 7);
    for (int i = 0; i < 20; ++i) (void)backoff.next();  // only to be far along
    CHECK(backoff.next() > 30s);
    backoff.reset();
    CHECK(backoff.next() <= 1s);
}

TEST_CASE("programs with neighbouring seeds come back at different times") {
    std::set<std::chrono::milliseconds> waits;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Backoff backoff({1s, 60s}, seed);
        for (int i = 0; i < 6; ++i) (void)backoff.next();  // only to reach the longest
        waits.insert(backoff.next());
    }
    CHECK(waits.size() > 90);
    CHECK(*waits.rbegin() - *waits.begin() > 20s);
}

TEST_CASE("the same seed waits the same") {
    Backoff one({1s, 60s}, 42);
    Backoff two({1s, 60s}, 42);
    for (int i = 0; i < 20; ++i) CHECK(one.next() == two.next());
}

TEST_CASE("where first and most are equal every wait is that") {
    Backoff backoff({250ms, 250ms}, 1);
    for (int i = 0; i < 5; ++i) CHECK(backoff.next() == 250ms);
}

TEST_CASE("the shortest waits have no jitter and do not stand still") {
    Backoff backoff({1ms, 8ms}, 3);
    CHECK(backoff.next() == 1ms);
    for (int i = 0; i < 10; ++i) (void)backoff.next();  // only to reach the longest
    CHECK(backoff.next() > 4ms);
}
