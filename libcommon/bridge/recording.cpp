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

void append_escaped(std::string& line, std::string_view bytes, bool is_name) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (char const c : bytes) {
        auto const code = static_cast<unsigned char>(c);
        if (c == '\r') {
            line += "\\r";
        } else if (c == '\n') {
            line += "\\n";
        } else if (c == '\\') {
            line += "\\\\";
        } else if (is_control(c) || code >= 0x80 || (is_name && c == ' ')) {
            line += "\\x";
            line += digits[code >> 4U];
            line += digits[code & 0xfU];
        } else {
            line += c;
        }
    }
}

constexpr std::string_view session_word = "session ";

}  // namespace

Result<std::optional<RecordedFrame>> RecordingReader::line(std::string_view text) {
    ++number_;
    auto const broken = [this](std::string_view what) {
        return Error{Errc::malformed, fmt::format("line {}: {}", number_, what)};
    };
    if (text.empty() || text.front() == '#') return std::optional<RecordedFrame>();
    if (text.starts_with(session_word)) {
        auto device = unescaped(text.substr(session_word.size()));
        if (!device || device->empty()) return broken("a session of no device");
        begun_.insert(std::move(*device));
        return std::optional<RecordedFrame>();
    }
    auto const blank = std::min(text.find(' '), text.size());
    auto const head = text.substr(0, blank);
    auto const at = std::min(head.find('@'), head.size());
    auto const time = to_number<std::int64_t>(head.substr(0, at));
    if (!time || *time < 0) return broken("no time in unix milliseconds");
    auto device = unescaped(head.substr(std::min(at + 1, head.size())));
    auto bytes = unescaped(text.substr(std::min(blank + 1, text.size())));
    if (!device || !bytes) return broken("a broken escape or a bare control character");
    if (at < head.size() && device->empty()) return broken("no device after the @");
    bool const begins = begun_.erase(*device) > 0;
    return std::optional(RecordedFrame{Timestamp(std::chrono::milliseconds(*time)), std::move(*bytes),
                                       std::move(*device), begins});
}

Result<std::vector<RecordedFrame>> read_recording(std::string_view text) {
    std::vector<RecordedFrame> frames;
    RecordingReader reader;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        auto frame = reader.line(text.substr(0, end));
        text.remove_prefix(end + 1);
        if (!frame) return frame.error();
        if (*frame) frames.push_back(std::move(**frame));
    }
    return frames;
}

std::string recording_line(Timestamp time, std::string_view device, Bytes bytes) {
    std::string line = std::to_string(time.time_since_epoch().count());
    if (!device.empty()) {
        line += '@';
        append_escaped(line, device, true);
    }
    line += ' ';
    append_escaped(line, as_text(bytes), false);
    // A blank at the end of a line is easily lost.
    if (!bytes.empty() && line.back() == ' ') line.replace(line.size() - 1, 1, "\\x20");
    return line + '\n';
}

std::string session_line(std::string_view device) {
    std::string line(session_word);
    append_escaped(line, device, true);
    return line + '\n';
}

}  // namespace bridge
