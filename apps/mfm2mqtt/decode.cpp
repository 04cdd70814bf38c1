// SPDX-License-Identifier: MIT
#include "decode.hpp"

#include <bridge/text.hpp>

namespace mfm {

using bridge::ByteReader;
using bridge::Bytes;
using bridge::Errc;
using bridge::Error;

namespace {

constexpr std::uint32_t least_mhz = 45'000;
constexpr std::uint32_t most_mhz = 65'000;

std::optional<std::int32_t> load_difference(ByteReader& reader) {
    auto const sign = reader.character();
    if (!sign || (*sign != '+' && *sign != '-' && *sign != '0')) return std::nullopt;
    auto const digits = reader.decimal(4);
    if (!digits || (*sign == '0' && *digits != 0)) return std::nullopt;
    auto const magnitude = static_cast<std::int32_t>(*digits);
    return *sign == '-' ? -magnitude : magnitude;
}

std::optional<std::uint8_t> alarm_byte(ByteReader& reader) {
    auto const number = reader.decimal(3);
    if (!number || *number > 255) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
}

std::optional<std::uint8_t> alarm_bits(ByteReader& reader) {
    unsigned alarms = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
        auto const digit = reader.literal(";") ? reader.decimal(1) : std::nullopt;
        if (!digit || *digit > 1) return std::nullopt;
        alarms |= *digit << bit;
    }
    return static_cast<std::uint8_t>(alarms);
}

unsigned checksum(Bytes covered) {
    unsigned sum = 0;
    for (std::byte const byte : covered) sum ^= std::to_integer<unsigned>(byte);
    return sum % 100;
}

/// Protocols 1, 2 and 4 begin alike.
std::optional<Line> plain_line(Bytes bytes) {
    ByteReader reader(bytes);
    Line line;
    auto const frequency = reader.decimal(5);
    if (!frequency) return std::nullopt;
    line.frequency_mhz = *frequency;
    if (reader.at_end()) return line;
    if (!reader.literal(";")) return std::nullopt;
    line.load_difference_mw = load_difference(reader);
    if (!line.load_difference_mw) return std::nullopt;
    line.protocol = reader.remaining() == 4 ? 2 : 4;
    line.alarms = line.protocol == 4    ? alarm_bits(reader)
                  : reader.literal(";") ? alarm_byte(reader)
                                        : std::nullopt;
    if (!line.alarms || !reader.at_end()) return std::nullopt;
    return line;
}

std::optional<Line> checked_line(Bytes bytes) {
    constexpr std::size_t length = 22;
    constexpr std::size_t covered_from = 3;
    constexpr std::size_t covered_length = 16;
    if (bytes.size() != length) return std::nullopt;
    ByteReader reader(bytes);
    if (!reader.literal("NFA")) return std::nullopt;
    auto const frequency = reader.decimal(5);
    if (!frequency || !reader.literal("f")) return std::nullopt;
    auto const load = load_difference(reader);
    if (!load || !reader.literal("P")) return std::nullopt;
    auto const alarms = alarm_byte(reader);
    if (!alarms || !reader.literal("M")) return std::nullopt;
    auto const sum = reader.decimal(2);
    if (!sum || !reader.literal("C")) return std::nullopt;
    if (*sum != checksum(bytes.subspan(covered_from, covered_length))) return std::nullopt;
    return Line{3, *frequency, load, alarms};
}

/// True if a word is in it. No measurement, whole, damaged or glued to another, has five letters in a row
/// (`...M92C` and `NFA...` together have four).
bool has_words(std::string_view text) {
    constexpr int letters_of_a_word = 5;
    int letters = 0;
    for (char const c : text) {
        bool const letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        letters = letter ? letters + 1 : 0;
        if (letters == letters_of_a_word) return true;
    }
    return text.starts_with('\x1b');
}

}  // namespace

bool starts_anew(Bytes line) { return bridge::as_text(line).starts_with('\a'); }

bridge::Result<Line> decode_line(Bytes bytes) {
    if (starts_anew(bytes)) bytes = bytes.subspan(1);
    auto const text = bridge::as_text(bytes);
    auto const line = text.starts_with("NFA") ? checked_line(bytes) : plain_line(bytes);
    if (!line && text == "0") return Error{Errc::out_of_range, "nothing measured yet"};
    if (!line && has_words(text))
        return Error{Errc::unsupported, "the firmware says " + bridge::quote(text, 60)};
    if (!line) return Error{Errc::malformed, "not a line of any protocol: " + bridge::quote(text, 60)};
    if (line->frequency_mhz < least_mhz || line->frequency_mhz > most_mhz) {
        return Error{Errc::out_of_range, "no mains has " + std::to_string(line->frequency_mhz) + " mHz"};
    }
    return *line;
}

bridge::Result<std::vector<bridge::Sample>> decode(Bytes bytes, bridge::Timestamp received) {
    auto const line = decode_line(bytes);
    if (!line) return line.error();
    return std::vector{bridge::Sample{"", "", received, {{"frequency_hz", line->frequency_mhz / 1000.0}}}};
}

}  // namespace mfm
