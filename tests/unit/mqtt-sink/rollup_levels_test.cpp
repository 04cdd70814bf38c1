// SPDX-License-Identifier: MIT
#include "mqtt-sink/rollup_levels.hpp"

#include "catch.hpp"

#include <random>

using namespace sink;

TEST_CASE("pieces of time begin at whole minutes and hours and days of UTC") {
    constexpr std::int64_t time = 1'785'570'123'456;  // 2026-08-01T07:42:03.456Z
    CHECK(floor_to(time, minute_ms) == 1'785'570'120'000);
    CHECK(floor_to(time, hour_ms) == 1'785'567'600'000);
    CHECK(floor_to(time, day_ms) == 1'785'542'400'000);
    CHECK(ceil_to(time, day_ms) == 1'785'628'800'000);
    CHECK(floor_to(1'785'542'400'000, day_ms) == 1'785'542'400'000);
    CHECK(ceil_to(1'785'542'400'000, day_ms) == 1'785'542'400'000);
    CHECK(floor_to(-1, minute_ms) == -minute_ms);
    CHECK(ceil_to(-1, minute_ms) == 0);
}

TEST_CASE("a question is answered from the coarsest level that its pieces can be made of") {
    CHECK(level_for(1) == Level::raw);
    CHECK(level_for(minute_ms - 1) == Level::raw);
    CHECK(level_for(minute_ms) == Level::minutes);
    CHECK(level_for(hour_ms - 1) == Level::minutes);
    CHECK(level_for(hour_ms) == Level::hours);
    CHECK(level_for(day_ms) == Level::days);
    CHECK(level_for(400 * day_ms) == Level::days);
}

TEST_CASE("a chart has no more points than are wanted and no bucket in two pieces") {
    constexpr std::int64_t year = 365 * day_ms;
    CHECK(piece_width(0, hour_ms - 1, 1000) == 3600);
    CHECK(piece_width(0, year - 1, 1000) == 9 * hour_ms);
    CHECK(piece_width(0, year - 1, 365) == day_ms);
    CHECK(piece_width(1, 59 * minute_ms + 59'999, 1) == hour_ms);

    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        auto const from = static_cast<std::int64_t>(random() % (40 * year)) - year;
        auto const to = from + static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 40)));
        auto const points = static_cast<std::int64_t>(1 + random() % 2000);
        auto const width = piece_width(from, to, points);
        auto const unit = width_of(level_for(width));
        INFO(from << " " << to << " " << points << " " << width);
        REQUIRE(width % unit == 0);
        REQUIRE((to - floor_to(from, unit)) / width < points);
    }
}

TEST_CASE("numbers are put together with their weights") {
    Summary summary;
    summary.add(1.0);
    summary.add(3, 5.0, 2.0, 9.0);
    CHECK(summary.count() == 4);
    CHECK(summary.mean() == 4.0);
    CHECK(summary.least() == 1.0);
    CHECK(summary.most() == 9.0);
    Summary equal;
    for (int i = 0; i < 10; ++i) equal.add(0.1);
    CHECK(equal.mean() == 0.1);
}
