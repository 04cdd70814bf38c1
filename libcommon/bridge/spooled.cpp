// SPDX-License-Identifier: MIT
#include <bridge/spooled.hpp>

#include <bridge/bytes.hpp>
#include <bridge/crc32.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bridge {

namespace {

constexpr std::size_t crc_digits = 8;

std::uint32_t crc_of(std::string_view text) { return crc32(as_bytes(text)); }

/// Takes the text before the next blank off the front.
std::string_view take_word(std::string_view& text) {
    auto const end = std::min(text.find(' '), text.size());
    auto const word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

}  // namespace

std::string spool_line(Spooled const& reading) {
    std::string const rest =
        fmt::format("{} {} {} {} {}", reading.number, reading.time.time_since_epoch().count(),
                    reading.device_topic, reading.channel.empty() ? "-" : reading.channel, reading.payload);
    return fmt::format("{:08x} {}\n", crc_of(rest), rest);
}

std::optional<Spooled> parse_spool_line(std::string_view line) {
    if (line.size() <= crc_digits || line[crc_digits] != ' ') return std::nullopt;
    auto rest = line.substr(crc_digits + 1);
    if (fmt::format("{:08x}", crc_of(rest)) != line.substr(0, crc_digits)) return std::nullopt;
    auto const number = to_number<std::uint64_t>(take_word(rest));
    auto const time = to_number<std::int64_t>(take_word(rest));
    if (!number || !time) return std::nullopt;
    Spooled reading;
    reading.number = *number;
    reading.time = Timestamp(std::chrono::milliseconds(*time));
    reading.device_topic = take_word(rest);
    reading.channel = take_word(rest);
    if (reading.channel == "-") reading.channel.clear();
    reading.payload = rest;
    return reading;
}

}  // namespace bridge
