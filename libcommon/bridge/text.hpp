// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// The whole text as a number, or nothing: no blanks, no sign `+`, no rest, no locale.
template <class T>
requires std::integral<T> || std::floating_point<T>
[[nodiscard]] std::optional<T> to_number(std::string_view text) {
    T number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Without the blanks, tabs and line ends around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Foreign text made safe to show on one line: in double quotes, control characters and broken UTF-8 as \xNN,
/// cut after `most` bytes.
[[nodiscard]] std::string quote(std::string_view text, std::size_t most = 200);

/// True for well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing past U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace bridge
