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

std::optional<char> ByteReader::character() {
    if (rest_.empty()) return std::nullopt;
    char const next = as_text(rest_).front();
    rest_ = rest_.subspan(1);
    return next;
}

}  // namespace bridge
