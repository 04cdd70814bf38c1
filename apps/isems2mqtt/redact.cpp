// SPDX-License-Identifier: MIT
#include "redact.hpp"

#include <bridge/text.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace isems {

namespace {

// Columns as in decode.hpp.
constexpr std::size_t id = 0;
constexpr std::size_t firmware = 3;
constexpr std::size_t latitude = 16;
constexpr std::size_t longitude = 17;
constexpr std::size_t status = 18;
constexpr std::size_t most_decimals = 3;
constexpr std::string_view unknown = "x";

bool has_only(std::string_view text, std::string_view letters) {
    return text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_harmless_number(std::string_view text) {
    auto const dot = text.find('.');
    bool const coarse = dot == std::string_view::npos || text.size() - dot - 1 <= most_decimals;
    return coarse && bridge::to_number<double>(text) && has_only(text, "-.0123456789");
}

/// `ATmega8_A_1`, `ESP_2.0`, `5`: a word that is known, and its numbers.
bool is_version(std::string_view text) {
    for (std::string_view const word : {"ATmega", "ESP32", "ESP"}) {
        if (text.starts_with(word)) return has_only(text.substr(word.size()), "0123456789_.AB");
    }
    return is_harmless_number(text);
}

std::string field(std::size_t column, std::string_view text, bridge::Pseudonyms& names) {
    if (text.empty()) return {};
    switch (column) {
        case id:
            return names.of("node", text);
        case firmware:
            return std::string(is_version(text) && text.size() <= 16 ? text : unknown);
        case latitude:
        case longitude:
            return "0";
        case status:
            return std::string(text.size() <= 3 && has_only(text, "0123456789ABCDEFabcdef") ? text : unknown);
        default:
            return std::string(is_harmless_number(text) ? text : unknown);
    }
}

std::string redact_line(std::string_view line, bridge::Pseudonyms& names) {
    auto const fields = static_cast<std::size_t>(std::count(line.begin(), line.end(), ';')) + 1;
    bool const whole = fields == latitude + 2 || fields == status + 1;
    std::string text;
    for (std::size_t column = 0; column < fields; ++column) {
        auto const end = std::min(line.find(';'), line.size());
        auto const value = bridge::trimmed(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
        if (column > 0) text += ';';
        // Of a line that was cut nobody can say what stands where.
        text += whole ? field(column, value, names) : std::string(value.empty() ? "" : unknown);
    }
    return text;
}

}  // namespace

std::string redact(bridge::Bytes bytes, bridge::Pseudonyms& names) {
    auto rest = bridge::as_text(bytes);
    auto const beginning = bridge::trimmed(rest).substr(0, 1);
    if (beginning == "<" || beginning == "{") return std::string(beginning);
    std::string text;
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        bool const ended = end != std::string_view::npos;
        auto const line = bridge::trimmed(rest.substr(0, end));
        rest.remove_prefix(ended ? end + 1 : rest.size());
        if (!line.empty()) text += redact_line(line, names);
        if (ended) text += '\n';
    }
    return text;
}

}  // namespace isems
