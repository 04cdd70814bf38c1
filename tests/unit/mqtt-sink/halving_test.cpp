// SPDX-License-Identifier: MIT
#include "mqtt-sink/halving.hpp"

#include "catch.hpp"

#include <algorithm>
#include <set>

using namespace sink;

namespace {

using Numbers = std::set<std::size_t>;

struct Told {
    Numbers taken, refused;
    int tries = 0;
    std::optional<std::string> everything;
};

/// A server that refuses what has one of these lines in it; `explicit_` as InfluxDB says it.
Told tell(std::size_t lines, Numbers const& bad, bool explicitly) {
    Halving halving(lines);
    Told told;
    while (auto const range = halving.next()) {
        ++told.tries;
        bool const refused = std::ranges::any_of(
            bad, [&](std::size_t line) { return line >= range->begin && line < range->end; });
        if (refused) {
            halving.refused("no", explicitly);
            continue;
        }
        halving.taken();
        for (std::size_t line = range->begin; line < range->end; ++line)
            CHECK(told.taken.insert(line).second);
    }
    for (auto const& refused : halving.lines_refused()) {
        CHECK(refused.sentence == "no");
        CHECK(told.refused.insert(refused.line).second);
    }
    told.everything = halving.everything_refused();
    return told;
}

Numbers all(std::size_t lines) {
    Numbers numbers;
    for (std::size_t line = 0; line < lines; ++line) numbers.insert(line);
    return numbers;
}

}  // namespace

TEST_CASE("what is right is taken together") {
    auto const told = tell(1000, {}, false);
    CHECK(told.taken == all(1000));
    CHECK(told.tries == 1);
    CHECK_FALSE(told.everything);
    CHECK(tell(0, {}, false).tries == 0);
}

TEST_CASE("single lines that are refused are found and the others are taken") {
    for (bool const explicitly : {false, true}) {
        for (auto const& bad : {Numbers{0}, Numbers{999}, Numbers{500}, Numbers{0, 1, 998, 999}}) {
            auto const told = tell(1000, bad, explicitly);
            CHECK(told.refused == bad);
            auto good = all(1000);
            for (auto const line : bad) good.erase(line);
            CHECK(told.taken == good);
            CHECK(told.tries < 60);
            CHECK_FALSE(told.everything);
        }
    }
}

TEST_CASE("who refuses everything without a word about lines is set up wrongly") {
    auto const told = tell(8, all(8), false);
    CHECK(told.refused.empty());
    CHECK(told.everything == "no");
    auto const one = tell(1, all(1), false);
    CHECK(one.everything == "no");
}

TEST_CASE("who says that it is about lines may refuse all of them") {
    auto const told = tell(8, all(8), true);
    CHECK(told.refused == all(8));
    CHECK_FALSE(told.everything);
}

TEST_CASE("what is too large is halved and a single line that is too large is refused") {
    Halving halving(4);
    Numbers taken;
    while (auto const range = halving.next()) {
        bool const large = range->end - range->begin > 2 || range->begin == 3;
        if (large) {
            halving.too_large("too large");
            continue;
        }
        if (range->end == 4 && range->begin == 2) {
            halving.too_large("too large");
            continue;
        }
        for (std::size_t line = range->begin; line < range->end; ++line) taken.insert(line);
        halving.taken();
    }
    CHECK(taken == Numbers{0, 1, 2});
    REQUIRE(halving.lines_refused().size() == 1);
    CHECK(halving.lines_refused().front().line == 3);
}

TEST_CASE("lines that a server names are refused and the others are tried once more") {
    // It names three lines of a request at most, counted from the request's first.
    Numbers const bad = {0, 3, 4, 7, 9};
    Halving halving(10);
    Numbers taken;
    int tries = 0;
    while (auto const range = halving.next()) {
        ++tries;
        std::vector<Halving::Refused> named;
        for (std::size_t line = range->begin; line < range->end && named.size() < 3; ++line) {
            if (bad.contains(line)) named.push_back({line - range->begin, "no " + std::to_string(line)});
        }
        if (!named.empty()) {
            halving.refused(named);
            continue;
        }
        halving.taken();
        for (std::size_t line = range->begin; line < range->end; ++line) CHECK(taken.insert(line).second);
    }
    CHECK(taken == Numbers{1, 2, 5, 6, 8});
    CHECK(tries < 10);
    Numbers refused;
    for (auto const& [line, sentence] : halving.lines_refused()) {
        CHECK(refused.insert(line).second);
        CHECK(sentence == "no " + std::to_string(line));
    }
    CHECK(refused == bad);
    CHECK_FALSE(halving.everything_refused());
}

TEST_CASE("a server that counts lines otherwise is not believed") {
    Halving halving(2);
    halving.refused({{7, "no"}});
    REQUIRE(halving.next());
    CHECK(halving.next()->end == 1);
    halving.taken();
    halving.refused({{7, "no"}});
    CHECK_FALSE(halving.next());
    REQUIRE(halving.lines_refused().size() == 1);
    CHECK(halving.lines_refused().front().line == 1);
}
