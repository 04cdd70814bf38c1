// SPDX-License-Identifier: MIT
#include <bridge/recording.hpp>

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace bridge {

namespace {

constexpr std::size_t hex_digits = 2;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// The byte that two hex digits mean.
std::optional<char> hex_byte(std::string_view digits) {
    unsigned byte = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != hex_digits || error != std::errc{} || end != digits.data() + hex_digits)
        return std::nullopt;
    return static_cast<char>(byte);
}

/// Takes the escape after a backslash off `rest`.
std::optional<char> take_escape(std::string_view& rest) {
    if (rest.empty()) return std::nullopt;
    char const kind = rest.front();
    rest.remove_prefix(1);
    switch (kind) {
        case 'r':
            return '\r';
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case '\\':
            return '\\';
        case 'x': {
            auto const digits = rest.substr(0, hex_digits);
            rest.remove_prefix(digits.size());
            return hex_byte(digits);
        }
        default:
            return std::nullopt;
    }
}

std::optional<std::string> unescaped(std::string_view rest) {
    std::string bytes;
    while (!rest.empty()) {
        char const c = rest.front();
        rest.remove_prefix(1);
        if (is_control(c)) return std::nullopt;
        auto const byte = c == '\\' ? take_escape(rest) : std::optional(c);
        if (!byte) return std::nullopt;
        bytes += *byte;
    }
    return bytes;
}

}  // namespace

Result<std::vector<RecordedFrame>> read_recording(std::string_view text) {
    std::vector<RecordedFrame> frames;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        auto const blank = std::min(line.find(' '), line.size());
        auto const time = to_number<std::int64_t>(line.substr(0, blank));
        if (!time || *time < 0) {
            return Error{Errc::malformed, fmt::format("line {}: no time in unix milliseconds", number)};
        }
        auto bytes = unescaped(line.substr(std::min(blank + 1, line.size())));
        if (!bytes) {
            return Error{Errc::malformed,
                         fmt::format("line {}: a broken escape or a bare control character", number)};
        }
        frames.push_back({Timestamp(std::chrono::milliseconds(*time)), std::move(*bytes)});
    }
    return frames;
}

std::string recording_line(Timestamp time, Bytes bytes) {
    std::string line = fmt::format("{} ", time.time_since_epoch().count());
    for (char const c : as_text(bytes)) {
        auto const code = static_cast<unsigned char>(c);
        if (c == '\r') {
            line += "\\r";
        } else if (c == '\n') {
            line += "\\n";
        } else if (c == '\\') {
            line += "\\\\";
        } else if (is_control(c) || code >= 0x80) {
            line += fmt::format("\\x{:02x}", code);
        } else {
            line += c;
        }
    }
    // Editors take blanks off the ends of lines.
    if (!bytes.empty() && line.back() == ' ') line.replace(line.size() - 1, 1, "\\x20");
    return line + "\n";
}

}  // namespace bridge
