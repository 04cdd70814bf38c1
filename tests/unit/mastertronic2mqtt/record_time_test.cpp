// SPDX-License-Identifier: MIT
#include "mastertronic2mqtt/record_time.hpp"

#include "catch.hpp"

#include <limits>
#include <string>

using bridge::Timestamp;
using mastertronic::read_time;

namespace {

Timestamp at(std::int64_t unix_ms) { return Timestamp(std::chrono::milliseconds(unix_ms)); }

constexpr Timestamp received{std::chrono::milliseconds(1'785'570'000'000)};  // 2026-08-01 07:40 UTC
constexpr std::int64_t day_s = 86'400;

}  // namespace

TEST_CASE("numbers are unix time in whichever unit makes it possible") {
    std::int64_t const seconds = 1'767'607'920;
    CHECK(read_time(seconds, received) == at(1'767'607'920'000));
    CHECK(read_time(seconds * 1000 + 123, received) == at(1'767'607'920'123));
    CHECK(read_time(seconds * 1'000'000 + 123'456, received) == at(1'767'607'920'123));
    CHECK(read_time(seconds * 1'000'000'000 + 123'456'789, received) == at(1'767'607'920'123));
    CHECK(read_time(1'767'607'920.25, received) == at(1'767'607'920'250));
    CHECK(read_time(1'767'607'920'123.0, received) == at(1'767'607'920'123));
}

TEST_CASE("a time before the device existed or after tomorrow is none") {
    std::int64_t const first = 1'420'070'400;  // 2015
    std::int64_t const last = received.time_since_epoch().count() / 1000 + day_s;
    CHECK(read_time(first, received));
    CHECK_FALSE(read_time(first - 1, received));
    CHECK(read_time(last, received));
    CHECK_FALSE(read_time(last + 1, received));
    for (std::int64_t const none :
         {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min()}) {
        INFO(none);
        CHECK_FALSE(read_time(none, received));
        CHECK_FALSE(read_time(static_cast<double>(none), received));
    }
    CHECK_FALSE(read_time(std::numeric_limits<double>::quiet_NaN(), received));
    CHECK_FALSE(read_time(std::numeric_limits<double>::infinity(), received));
}

TEST_CASE("a text with a zone is a time") {
    for (std::string const text : {"2026-01-05T10:12:00Z", "2026-01-05 10:12:00z",
                                   "2026-01-05T11:12:00+01:00", "2026-01-05T05:42:00-0430"}) {
        INFO(text);
        CHECK(read_time(std::string_view(text), received) == at(1'767'607'920'000));
    }
    CHECK(read_time(std::string_view("2026-01-05T10:12:00.5Z"), received) == at(1'767'607'920'500));
    CHECK(read_time(std::string_view("2026-01-05T10:12:00.123456Z"), received) == at(1'767'607'920'123));
}

TEST_CASE("a text that could mean several moments, or none, is no time") {
    for (std::string const text :
         {"", "2026-01-05", "2026-01-05 10:12:00", "2026-01-05T10:12Z", "2026-02-30T10:12:00Z",
          "2026-01-05T24:12:00Z", "2026-01-05T10:12:00.Z", "2026-01-05T10:12:00+99:00",
          "2026-01-05T10:12:00Zx", "05.01.2026 10:12:00Z", "1970-01-01T00:00:00Z", "x2026-01-05T10:12:00Z"}) {
        INFO(text);
        CHECK_FALSE(read_time(std::string_view(text), received));
    }
}
