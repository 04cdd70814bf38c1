// SPDX-License-Identifier: MIT
#include "mqtt-sink/time_text.hpp"

#include "catch.hpp"

namespace {

constexpr std::int64_t now_ms = 1'785'570'000'123;

std::int64_t parsed(std::string_view text) {
    auto const time = sink::parse_time(text, bridge::Timestamp(std::chrono::milliseconds(now_ms)));
    return time ? time->time_since_epoch().count() : -1;
}

}  // namespace

TEST_CASE("a time is unix milliseconds or ISO 8601 or before now") {
    CHECK(parsed("1785570000123") == now_ms);
    CHECK(parsed("0") == 0);
    CHECK(parsed("2026") == 2026);
    CHECK(parsed("now") == now_ms);
    CHECK(parsed("-1h") == now_ms - 3'600'000);
    CHECK(parsed("-1.5min") == now_ms - 90'000);
    CHECK(parsed("-30") == now_ms - 30'000);
    CHECK(parsed("1970-01-02") == 86'400'000);
    CHECK(parsed("2026-08-01T07:40:00.123Z") == now_ms);
    CHECK(parsed("2026-08-01T07:40:00.123456Z") == now_ms);
    CHECK(parsed("2026-08-01T07:40:00.1") == now_ms - 23);
    CHECK(parsed("2026-08-01T07:40") == now_ms - 123);
    CHECK(parsed("2026-08-01 07:40:00") == now_ms - 123);
    CHECK(parsed("2024-02-29") == 1'709'164'800'000);
}

TEST_CASE("what is no time is refused") {
    for (auto const* text :
         {"", "-", "-h", "-1y", "yesterday", "2026-13-01", "2026-02-29", "2026-08-01T", "2026-08-01T24:00",
          "2026-08-01T07:40:00.Z", "2026-08-01T07:40:00+02:00", "2026-08-01X07:40", "1e9", "253402300800001",
          "99999999999999999999", "2026-8-1", "-99999999999999999999d"}) {
        INFO(text);
        CHECK(parsed(text) == -1);
    }
}
