// SPDX-License-Identifier: MIT
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <cstdint>

namespace bridge {

namespace {

/// Length of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    auto const continues = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    if (text.empty()) return 0;
    std::uint8_t const first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        bool const second = first == 0xE0   ? continues(1, 0xA0)
                            : first == 0xED ? continues(1, 0x80, 0x9F)
                                            : continues(1);
        return second && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        bool const second = first == 0xF0   ? continues(1, 0x90)
                            : first == 0xF4 ? continues(1, 0x80, 0x8F)
                                            : continues(1);
        return second && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string quote(std::string_view text, std::size_t most) {
    std::string out = "\"";
    bool const cut = text.size() > most;
    text = text.substr(0, most);
    while (!text.empty()) {
        std::size_t length = utf8_length(text);
        auto const first = static_cast<std::uint8_t>(text.front());
        if (length == 1 && (first == '"' || first == '\\')) {
            out += '\\';
            out += text.front();
        } else if (length == 0 || first < 0x20 || first == 0x7F) {
            out += fmt::format("\\x{:02x}", first);
            length = 1;
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    out += cut ? "...\"" : "\"";
    return out;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        std::size_t const length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace bridge
