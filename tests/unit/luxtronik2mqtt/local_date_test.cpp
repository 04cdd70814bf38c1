// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/local_date.hpp"

#include "luxtronik2mqtt/day.hpp"
#include "wire.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using luxtronik::local_date;
using std::chrono::sys_days;

namespace {

/// Another time zone for this test. (The tests have one thread.)
class Zone {
  public:
    explicit Zone(char const* name) {
        if (char const* before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~Zone() {
        before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
        ::tzset();
    }

  private:
    std::optional<std::string> before_;
};

// Central Europe, by its rule: no file of the system is needed.
constexpr auto* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";

bridge::Timestamp at(sys_days day, std::chrono::minutes time) { return bridge::Timestamp(day) + time; }

/// How many hours the readings of a date are apart.
std::int64_t hours_of(sys_days date) {
    std::int64_t hours = 0;
    for (auto time = at(date, -24h); time < at(date, 48h); time += 1h)
        hours += local_date(time) == date ? 1 : 0;
    return hours;
}

}  // namespace

TEST_CASE("a day begins at midnight where the host is, and has 23 or 25 hours when the clocks are changed") {
    Zone const zone(berlin);
    constexpr sys_days winter = std::chrono::year(2026) / 1 / 15;
    constexpr sys_days summer = std::chrono::year(2026) / 7 / 15;
    CHECK(local_date(at(winter, 22h + 59min)) == winter);
    CHECK(local_date(at(winter, 23h)) == winter + std::chrono::days(1));
    CHECK(local_date(at(summer, 21h + 59min)) == summer);
    CHECK(local_date(at(summer, 22h)) == summer + std::chrono::days(1));
    CHECK(hours_of(winter) == 24);
    CHECK(hours_of(std::chrono::year(2026) / 3 / 29) == 23);
    CHECK(hours_of(std::chrono::year(2026) / 10 / 25) == 25);
    CHECK(local_date(bridge::Timestamp(-1s)) == sys_days(std::chrono::year(1970) / 1 / 1));
}

TEST_CASE("a pump that runs for an hour each hour runs 23, 24 or 25 hours a day") {
    Zone const zone(berlin);
    luxtronik::Day day;
    std::map<sys_days, double> longest;
    std::int64_t runtime_s = 1'000'000;
    for (auto time = at(std::chrono::year(2026) / 3 / 27, 0h);
         time < at(std::chrono::year(2026) / 11 / 1, 0h); time += 10min, runtime_s += 600) {
        day.take({"", "", time, {{"heat_pump_runtime_s", runtime_s}}}, local_date(time));
        auto const shown = test::value_of({{"", "day", {}, day.readings()}}, "day", "running_h");
        if (shown) longest[*day.date] = std::get<double>(*shown);
    }
    CHECK(longest[std::chrono::year(2026) / 3 / 28] == 24);
    CHECK(longest[std::chrono::year(2026) / 3 / 29] == 23);
    CHECK(longest[std::chrono::year(2026) / 7 / 15] == 24);
    CHECK(longest[std::chrono::year(2026) / 10 / 25] == 25);
    CHECK(longest[std::chrono::year(2026) / 10 / 26] == 24);
}
