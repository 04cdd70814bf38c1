// SPDX-License-Identifier: MIT
#include "devsim/line_damage.hpp"

#include "catch.hpp"

#include <algorithm>
#include <bit>
#include <string>

using namespace devsim;

namespace {

std::string const line = "50028;+0276;000\r\n";

}  // namespace

TEST_CASE("a cut loses the beginning or the end, never both, and keeps something") {
    Random random(1);
    bool beginning_lost = false;
    bool end_lost = false;
    for (int i = 0; i < 200; ++i) {
        auto const cut = damage(Damage::cut, line, true, random);
        CHECK(cut.integrity == Integrity::damaged);
        CHECK(cut.bytes.size() < line.size());
        if (cut.bytes.ends_with("\r\n")) {
            CHECK(line.ends_with(cut.bytes));
            CHECK(cut.bytes.size() > 2);
            beginning_lost = true;
        } else {
            CHECK(line.starts_with(cut.bytes));
            CHECK_FALSE(cut.bytes.empty());
            CHECK(cut.bytes.size() < line.size() - 2);
            end_lost = true;
        }
    }
    CHECK(beginning_lost);
    CHECK(end_lost);
}

TEST_CASE("two halves of cut lines never meet") {
    Random random(1);
    for (int i = 0; i < 200; ++i) CHECK(line.starts_with(damage(Damage::cut, line, false, random).bytes));
}

TEST_CASE("a glued line lacks its end and an escaped one has something before it") {
    Random random(1);
    auto const glued = damage(Damage::glue, line, true, random);
    CHECK(glued.bytes == "50028;+0276;000");
    CHECK(glued.integrity == Integrity::joined);
    for (int i = 0; i < 20; ++i) {
        auto const escaped = damage(Damage::escape, line, true, random);
        CHECK(escaped.bytes.ends_with(line));
        CHECK((escaped.bytes[0] == '\a' || escaped.bytes.starts_with("\x1b[2J\x1b[H")));
        CHECK(escaped.integrity == Integrity::joined);
    }
}

TEST_CASE("noise always shows, a flipped bit is one bit") {
    Random random(1);
    for (int i = 0; i < 200; ++i) {
        auto const noisy = damage(Damage::noise, line, true, random);
        CHECK(noisy.integrity == Integrity::damaged);
        CHECK(noisy.bytes.size() == line.size());
        CHECK(
            std::any_of(noisy.bytes.begin(), noisy.bytes.end() - 2, [](char c) { return (c & 0x80) != 0; }));

        auto const flipped = damage(Damage::flip, line, true, random);
        CHECK(flipped.integrity == Integrity::damaged);
        int bits = 0;
        for (std::size_t j = 0; j < line.size(); ++j) {
            bits += std::popcount(static_cast<unsigned char>(line[j] ^ flipped.bytes[j]));
        }
        CHECK(bits == 1);
    }
}

TEST_CASE("babble has no line end") {
    Random random(1);
    auto const babble = damage(Damage::babble, line, true, random);
    CHECK(babble.bytes.size() == 690);
    CHECK(std::all_of(babble.bytes.begin(), babble.bytes.end(), [](char c) { return c >= '0' && c <= '9'; }));
}
