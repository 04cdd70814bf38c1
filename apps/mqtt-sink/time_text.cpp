// SPDX-License-Identifier: MIT
#include "time_text.hpp"

#include <bridge/settings.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace sink {

namespace {

using bridge::Timestamp;
using std::chrono::milliseconds;

/// `width` digits at the front of `rest`, taken off, within the bounds.
std::optional<int> take_number(std::string_view& rest, std::size_t width, int least, int most) {
    auto const number = bridge::to_number<unsigned>(rest.substr(0, width));
    if (rest.size() < width || !number) return std::nullopt;
    int const value = static_cast<int>(*number);
    if (value < least || value > most) return std::nullopt;
    rest.remove_prefix(width);
    return value;
}

bool take(std::string_view& rest, char expected) {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(1);
    return true;
}

std::optional<Timestamp> parse_date(std::string_view& rest) {
    auto const year = take_number(rest, 4, 1970, 9999);
    if (!year || !take(rest, '-')) return std::nullopt;
    auto const month = take_number(rest, 2, 1, 12);
    if (!month || !take(rest, '-')) return std::nullopt;
    auto const day = take_number(rest, 2, 1, 31);
    if (!day) return std::nullopt;
    std::chrono::year_month_day const date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return Timestamp(std::chrono::sys_days(date));
}

/// `07:40`, `07:40:00`, `07:40:00.123`.
std::optional<milliseconds> parse_time_of_day(std::string_view& rest) {
    auto const hour = take_number(rest, 2, 0, 23);
    if (!hour || !take(rest, ':')) return std::nullopt;
    auto const minute = take_number(rest, 2, 0, 59);
    if (!minute) return std::nullopt;
    milliseconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
    if (!take(rest, ':')) return time;
    auto const second = take_number(rest, 2, 0, 60);
    if (!second) return std::nullopt;
    time += std::chrono::seconds(*second);
    if (!take(rest, '.')) return time;
    auto const digits = rest.substr(0, rest.find('Z'));
    if (digits.empty() || digits.size() > 9 || !bridge::to_number<unsigned>(digits)) return std::nullopt;
    std::string const padded = std::string(digits) + "00";
    time += milliseconds(bridge::to_number<int>(std::string_view(padded).substr(0, 3)).value_or(0));
    rest.remove_prefix(digits.size());
    return time;
}

std::optional<Timestamp> parse_iso(std::string_view text) {
    auto time = parse_date(text);
    if (!time || text.empty()) return time;
    if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
    auto const of_day = parse_time_of_day(text);
    if (!of_day) return std::nullopt;
    (void)take(text, 'Z');  // UTC is meant without it too
    if (!text.empty()) return std::nullopt;
    return *time + *of_day;
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text, Timestamp now) {
    if (text == "now") return now;
    if (text.starts_with('-')) {
        milliseconds before{};
        if (!bridge::read_setting(text.substr(1), before)) return std::nullopt;
        return now - before;
    }
    if (auto const unix_ms = bridge::to_number<std::int64_t>(text)) {
        constexpr std::int64_t year_10000 = 253'402'300'800'000;
        if (*unix_ms >= year_10000) return std::nullopt;
        return Timestamp(milliseconds(*unix_ms));
    }
    return parse_iso(text);
}

std::string iso_time(std::int64_t unix_ms) {
    Timestamp const time{milliseconds(unix_ms)};
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const of_day(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       of_day.hours().count(), of_day.minutes().count(), of_day.seconds().count(),
                       of_day.subseconds().count());
}

}  // namespace sink
