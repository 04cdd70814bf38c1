// SPDX-License-Identifier: MIT
#include "line_damage.hpp"

namespace devsim {

namespace {

constexpr std::size_t line_end = 2;
constexpr std::size_t babble_bytes = 690;

char noise_byte(Random& random) { return static_cast<char>(0x80U | random.below(0x80)); }

std::string cut(std::string_view line, bool after_line_end, Random& random) {
    auto const text = line.size() - line_end;
    auto const kept = 1 + random.below(text - 1);
    if (after_line_end && random.chance(0.5)) return std::string(line.substr(text - kept));
    return std::string(line.substr(0, kept));
}

std::string noise(std::string_view line, Random& random) {
    std::string bytes(line);
    auto const text = line.size() - line_end;
    for (std::size_t i = 0; i < text; ++i) {
        if (random.chance(0.3)) bytes[i] = noise_byte(random);
    }
    bytes[random.below(text)] = noise_byte(random);
    if (random.chance(0.25)) {
        for (std::size_t i = text; i < bytes.size(); ++i) bytes[i] = noise_byte(random);
    }
    return bytes;
}

std::string flip(std::string_view line, Random& random) {
    std::string bytes(line);
    char& byte = bytes[random.below(line.size() - line_end)];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << random.below(8));
    return bytes;
}

std::string babble(Random& random) {
    std::string bytes(babble_bytes, '0');
    for (char& byte : bytes) byte = static_cast<char>('0' + random.below(10));
    return bytes;
}

}  // namespace

DamagedLine damage(Damage kind, std::string_view line, bool after_line_end, Random& random) {
    switch (kind) {
        case Damage::cut:
            return {cut(line, after_line_end, random), Integrity::damaged};
        case Damage::glue:
            return {std::string(line.substr(0, line.size() - line_end)), Integrity::joined};
        case Damage::noise:
            return {noise(line, random), Integrity::damaged};
        case Damage::flip:
            return {flip(line, random), Integrity::damaged};
        case Damage::escape:
            return {(random.chance(0.5) ? "\a" : "\x1b[2J\x1b[H") + std::string(line), Integrity::joined};
        case Damage::babble:
            return {babble(random), Integrity::damaged};
    }
    return {std::string(line), Integrity::intact};
}

}  // namespace devsim
