// SPDX-License-Identifier: MIT
#include <bridge/topic_name.hpp>

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace bridge {

namespace {

bool is_ours(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// A byte of UTF-8 that is not the first of its character.
bool continues(char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80U; }

std::uint32_t hash(std::string_view text) {
    std::uint32_t hash = 0x811c9dc5U;
    for (char const c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193U;
    return hash;
}

}  // namespace

std::string topic_name(std::string_view name) {
    bool const ours = !name.empty() && std::all_of(name.begin(), name.end(), is_ours);
    if (ours && name != "bridge") return std::string(name);
    bool const by_character = is_utf8(name);
    std::string level;
    for (char const c : name) {
        if (is_ours(c)) {
            level += c;
        } else if (!by_character || !continues(c)) {
            level += '_';
        }
    }
    return level + fmt::format("-{:08x}", hash(name));
}

}  // namespace bridge
