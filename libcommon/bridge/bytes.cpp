// SPDX-License-Identifier: MIT
#include <bridge/bytes.hpp>

namespace bridge {

bool ByteReader::literal(std::string_view expected) {
    if (!as_text(rest_).starts_with(expected)) return false;
    rest_ = rest_.subspan(expected.size());
    return true;
}

std::optional<std::uint32_t> ByteReader::decimal(std::size_t count) {
    if (count < 1 || count > 9 || rest_.size() < count) return std::nullopt;
    std::uint32_t number = 0;
    for (char const digit : as_text(rest_.first(count))) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    rest_ = rest_.subspan(count);
    return number;
}

std::optional<std::int32_t> ByteReader::big_endian_int32() {
    constexpr std::size_t width = 4;
    if (rest_.size() < width) return std::nullopt;
    std::uint32_t number = 0;
    for (std::byte const byte : rest_.first(width))
        number = number << 8 | std::to_integer<std::uint32_t>(byte);
    rest_ = rest_.subspan(width);
    return static_cast<std::int32_t>(number);
}

std::optional<char> ByteReader::character() {
    if (rest_.empty()) return std::nullopt;
    char const next = as_text(rest_).front();
    rest_ = rest_.subspan(1);
    return next;
}

}  // namespace bridge
