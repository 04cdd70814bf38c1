// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <regex>

namespace test {

namespace {

constexpr int nominal = 50'000;

/// The balancing power that the board prints: nothing within 10 mHz, else 46 MW for each 3 mHz beyond.
int megawatts(int millihertz) {
    int const off = std::abs(millihertz - nominal);
    return off <= 10 ? 0 : std::min(9999, (off - 10) * 46 / 3);
}

char sign(int millihertz) { return millihertz == nominal ? '0' : millihertz > nominal ? '+' : '-'; }

unsigned checksum(std::string_view text) {
    unsigned sum = 0;
    for (char const c : text) sum ^= static_cast<unsigned char>(c);
    return sum % 100;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool holds_protocol_3(std::string_view text) {
    constexpr std::size_t size = 22;
    for (auto at = text.find("NFA"); at != std::string_view::npos; at = text.find("NFA", at + 1)) {
        auto const line = text.substr(at, size);
        if (line.size() < size || line[8] != 'f' || line[14] != 'P' || line[18] != 'M' || line[21] != 'C')
            continue;
        if (!is_digit(line[19]) || !is_digit(line[20])) continue;
        unsigned const printed = static_cast<unsigned>((line[19] - '0') * 10 + (line[20] - '0'));
        if (printed == checksum(line.substr(3, 16))) return true;
    }
    return false;
}

}  // namespace

std::string mains_line(int protocol, int millihertz, unsigned alarms) {
    char body[64];
    int const size = protocol == 1   ? std::snprintf(body, sizeof body, "%05d", millihertz)
                     : protocol == 2 ? std::snprintf(body, sizeof body, "%05d;%c%04d;%03u", millihertz,
                                                     sign(millihertz), megawatts(millihertz), alarms)
                     : protocol == 3 ? std::snprintf(body, sizeof body, "%05df%c%04dP%03uM", millihertz,
                                                     sign(millihertz), megawatts(millihertz), alarms)
                                     : std::snprintf(body, sizeof body, "%05d;%c%04d", millihertz,
                                                     sign(millihertz), megawatts(millihertz));
    std::string line(body, static_cast<std::size_t>(size));
    if (protocol == 3) {
        std::snprintf(body, sizeof body, "%02u", checksum(line));
        line = "NFA" + line + body + "C";
    }
    for (unsigned bit = 0; protocol == 4 && bit < 8; ++bit) line += (alarms >> bit & 1U) != 0 ? ";1" : ";0";
    return line + "\r\n";
}

bool might_hold_a_line(std::string_view text) {
    static std::regex const formats("[0-9]{5}(;[-+0][0-9]{4}(;[0-9]{3}|(;[01]){8}))?");
    if (holds_protocol_3(text)) return true;
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find_first_of("\r\n", start), text.size());
        auto piece = text.substr(start, end - start);
        start = end + 1;
        // Control characters in front are what a banner leaves there.
        while (!piece.empty() && static_cast<unsigned char>(piece.front()) < ' ') piece.remove_prefix(1);
        if (std::regex_match(piece.begin(), piece.end(), formats)) return true;
    }
    return false;
}

std::string NoisyLines::next() {
    int const protocol = next_protocol();
    std::string const line = next_line(protocol);
    if (below(4) != 0) {
        ++intact_.at(static_cast<std::size_t>(protocol));
        return line;
    }
    ++damaged_pieces_;
    return damaged(line, protocol);
}

int NoisyLines::next_protocol() {
    // The jumper is read before every line, so any line may change the protocol.
    if (below(20) == 0) protocol_ = static_cast<int>(1 + below(4));
    return protocol_;
}

std::string NoisyLines::next_line(int protocol) {
    ++lines_;
    int const step = static_cast<int>(below(21)) - 10;
    millihertz_ = std::clamp(millihertz_ + step, nominal - 150, nominal + 150);
    int const off = std::abs(millihertz_ - nominal);
    unsigned const levels = (off > 70 ? 1U : 0U) | (off > 100 ? 2U : 0U);
    return mains_line(protocol, millihertz_, levels != 0 ? levels | 128U : 0U);
}

std::string NoisyLines::damaged(std::string line, int protocol) {
    for (;;) {
        std::string text = line;
        auto const noise = static_cast<Noise>(below(protocol == 3 ? 5 : 4));
        switch (noise) {
            case Noise::lost: {
                auto const size = 1 + below(3);
                text.erase(below(text.size() - size + 1), size);
                break;
            }
            case Noise::inserted: {
                auto const at = below(text.size());
                // In front, a control character or a byte that is no character may be what was left of a
                // banner.
                char const c = static_cast<char>(at == 0 ? '!' + static_cast<int>(below(94))
                                                         : static_cast<int>(below(256)));
                text.insert(at, 1, c);
                break;
            }
            case Noise::not_a_digit: {
                auto const at = below(text.size());
                char const c = static_cast<char>('!' + static_cast<int>(below(94)));
                if (!is_digit(text[at]) || is_digit(c)) continue;
                text[at] = c;
                break;
            }
            case Noise::cut:
                text.resize(1 + below(text.size() - 3));
                break;
            case Noise::bit: {
                auto const bit = below(text.size() * 8);
                text[bit / 8] =
                    static_cast<char>(static_cast<unsigned char>(text[bit / 8]) ^ (1U << bit % 8));
                break;
            }
        }
        if (might_hold_a_line(text)) continue;
        if (text.ends_with("\r\n")) return text;
        // Without its end it runs into the next line and spoils it. Not one of protocol 3: its start mark and
        // checksum would let a reader find it, and a reader need not.
        int const other = std::array{1, 2, 4}[below(3)];
        int const before = millihertz_;
        std::string const glued = text + next_line(other);
        if (!might_hold_a_line(glued)) return glued;
        millihertz_ = before;
        --lines_;
    }
}

}  // namespace test
