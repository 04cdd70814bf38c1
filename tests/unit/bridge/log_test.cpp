// SPDX-License-Identifier: MIT
#include <bridge/log.hpp>

#include "catch.hpp"

#include <limits>

using namespace bridge;

namespace {

// 2026-07-31T23:59:59.007Z
constexpr std::int64_t time_ms = 1785542399007;

}  // namespace

TEST_CASE("a log line as text has the time, the level and one value after another") {
    CHECK(format_log_line(LogFormat::text, LogLevel::warn, time_ms, "session", "ended",
                          {{"device", "mains"}, {"tries", std::int64_t{3}}, {"hz", 49.998}}) ==
          "2026-07-31T23:59:59.007Z level=warn at=session event=ended device=mains tries=3 hz=49.998\n");
}

TEST_CASE("a log line for the journal begins with its priority and has no time") {
    using Row = std::pair<LogLevel, char const*>;
    for (auto const& [level, line] : {Row{LogLevel::error, "<3>level=error at=a event=b\n"},
                                      Row{LogLevel::warn, "<4>level=warn at=a event=b\n"},
                                      Row{LogLevel::info, "<6>level=info at=a event=b\n"},
                                      Row{LogLevel::debug, "<7>level=debug at=a event=b\n"}}) {
        CHECK(format_log_line(LogFormat::journald, level, time_ms, "a", "b", {}) == line);
    }
}

TEST_CASE("a log line as JSON is one object") {
    CHECK(format_log_line(LogFormat::json, LogLevel::error, time_ms, "mqtt", "closed",
                          {{"detail", "End of \"file\"\n"},
                           {"code", std::int64_t{-7}},
                           {"hz", 50.0},
                           {"none", std::numeric_limits<double>::quiet_NaN()}}) ==
          R"({"time":"2026-07-31T23:59:59.007Z","level":"error","at":"mqtt","event":"closed",)"
          R"("detail":"End of \"file\"\n","code":-7,"hz":50.0,"none":null})"
          "\n");
}

TEST_CASE("foreign text in a log line is quoted and stays on its line") {
    CHECK(format_log_line(LogFormat::text, LogLevel::info, 0, "a", "b", {{"d", "x y\nlevel=error \"z\""}}) ==
          "1970-01-01T00:00:00.000Z level=info at=a event=b d=\"x y\\x0alevel=error \\\"z\\\"\"\n");
    CHECK(format_log_line(LogFormat::journald, LogLevel::info, 0, "a", "b", {{"d", ""}, {"e", "k=v"}}) ==
          "<6>level=info at=a event=b d=\"\" e=\"k=v\"\n");
    CHECK(format_log_line(LogFormat::json, LogLevel::info, 0, "a", "b", {{"d", "\xff"}}) ==
          "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"at\":\"a\",\"event\":\"b\","
          "\"d\":\"\xef\xbf\xbd\"}\n");
}

TEST_CASE("a log line cuts very long foreign text") {
    auto const line =
        format_log_line(LogFormat::text, LogLevel::info, 0, "a", "b", {{"d", std::string(100'000, '!')}});
    CHECK(line.size() < 1200);
}
