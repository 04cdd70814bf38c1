// SPDX-License-Identifier: MIT
#include "record_time.hpp"

#include <bridge/bytes.hpp>

#include <chrono>
#include <cmath>

namespace mastertronic {

namespace {

using bridge::Timestamp;
using std::chrono::milliseconds;

constexpr Timestamp first_possible = std::chrono::sys_days(std::chrono::year(2015) / 1 / 1);
constexpr auto clock_tolerance = std::chrono::hours(24);

bool possible(Timestamp time, Timestamp received) {
    return time >= first_possible && time <= received + clock_tolerance;
}

/// `Z`, `+01:00` or `+0100`, and nothing after it; what must be taken off to get UTC.
std::optional<std::chrono::minutes> read_offset(bridge::ByteReader& reader) {
    auto const sign = reader.character();
    if (!sign) return std::nullopt;
    if (*sign == 'Z' || *sign == 'z') {
        return reader.at_end() ? std::optional(std::chrono::minutes(0)) : std::nullopt;
    }
    if (*sign != '+' && *sign != '-') return std::nullopt;
    auto const hours = reader.decimal(2);
    (void)reader.literal(":");  // may be left out
    auto const minutes = reader.decimal(2);
    if (!hours || !minutes || *hours > 14 || *minutes > 59 || !reader.at_end()) return std::nullopt;
    auto const offset = std::chrono::minutes(*hours * 60 + *minutes);
    return *sign == '-' ? -offset : offset;
}

/// Digits after the point; milliseconds count, the others are read over.
std::optional<milliseconds> read_fraction(bridge::ByteReader& reader) {
    if (!reader.literal(".")) return milliseconds(0);
    unsigned count = 0;
    unsigned value = 0;
    while (auto const digit = reader.decimal(1)) {
        if (count < 3) value = value * 10 + *digit;
        ++count;
    }
    if (count == 0 || count > 9) return std::nullopt;
    for (; count < 3; ++count) value *= 10;
    return milliseconds(value);
}

}  // namespace

std::optional<Timestamp> read_time(std::int64_t number, Timestamp received) {
    constexpr std::int64_t second_ms = 1000;
    if (number > 0 && number < 100'000'000'000) {
        Timestamp const time{milliseconds(number * second_ms)};
        if (possible(time, received)) return time;
    }
    for (std::int64_t const per_ms : {1, 1'000, 1'000'000}) {
        Timestamp const time{milliseconds(number / per_ms)};
        if (possible(time, received)) return time;
    }
    return std::nullopt;
}

std::optional<Timestamp> read_time(double number, Timestamp received) {
    // Also no for NaN.
    if (!(number > 0 && number < 1e19 / 2)) return std::nullopt;
    if (number < 1e11) {
        Timestamp const time{milliseconds(std::llround(number * 1000))};
        if (possible(time, received)) return time;
    }
    return read_time(static_cast<std::int64_t>(std::llround(number)), received);
}

std::optional<Timestamp> read_time(std::string_view text, Timestamp received) {
    bridge::ByteReader reader(bridge::as_bytes(text));
    auto const year = reader.decimal(4);
    auto const month = reader.literal("-") ? reader.decimal(2) : std::nullopt;
    auto const day = reader.literal("-") ? reader.decimal(2) : std::nullopt;
    if (!year || !month || !day || !(reader.literal("T") || reader.literal(" "))) return std::nullopt;
    auto const hours = reader.decimal(2);
    auto const minutes = reader.literal(":") ? reader.decimal(2) : std::nullopt;
    auto const seconds = reader.literal(":") ? reader.decimal(2) : std::nullopt;
    if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
    auto const fraction = read_fraction(reader);
    auto const offset = read_offset(reader);
    std::chrono::year_month_day const date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    if (!fraction || !offset || !date.ok()) return std::nullopt;
    Timestamp const time = std::chrono::sys_days(date) + std::chrono::hours(*hours) +
                           std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) + *fraction -
                           *offset;
    return possible(time, received) ? std::optional(time) : std::nullopt;
}

}  // namespace mastertronic
