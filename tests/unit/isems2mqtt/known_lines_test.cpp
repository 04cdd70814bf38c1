// SPDX-License-Identifier: MIT
#include "isems2mqtt/known_lines.hpp"

#include "catch.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace isems;
using bridge::Sample;

namespace {

Sample line(std::string const& node, std::int64_t second) {
    return {node, "", bridge::Timestamp(std::chrono::seconds(second)), {}};
}

std::vector<Sample> lines(std::string const& node, std::int64_t first, std::int64_t count) {
    std::vector<Sample> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(line(node, first + i));
    return all;
}

}  // namespace

TEST_CASE("a line is new once, whatever way it comes") {
    KnownLines known;
    CHECK(known.take_new({line("a", 1), line("a", 2)}).size() == 2);
    CHECK(known.take_new({line("a", 1), line("a", 2), line("a", 3)}) == std::vector{line("a", 3)});
    CHECK(known.take_new({line("b", 1)}).size() == 1);
    CHECK(known.take_new({line("a", 0)}).size() == 1);
    CHECK(known.take_new({line("a", 0), line("b", 1)}).empty());
}

TEST_CASE("the newest line of each node comes first, then the others in their order") {
    KnownLines known;
    CHECK(known.take_new({line("a", 1), line("a", 2), line("b", 7), line("a", 3), line("b", 8)}) ==
          std::vector{line("b", 8), line("a", 3), line("a", 1), line("a", 2), line("b", 7)});
}

TEST_CASE("a long log is taken in pieces, newest piece first, and wholly") {
    KnownLines known;
    auto const log = lines("a", 1000, 3660);
    std::set<bridge::Timestamp> taken;
    auto const first = known.take_new(log);
    REQUIRE(first.size() == KnownLines::most_at_once);
    CHECK(first.front() == log.back());
    for (auto const& sample : first) taken.insert(sample.time);
    for (int poll = 0; poll < 20; ++poll) {
        for (auto const& sample : known.take_new(log)) CHECK(taken.insert(sample.time).second);
    }
    CHECK(taken.size() == log.size());
}

TEST_CASE("10,000 lines in disorder and several times over are each taken once") {
    KnownLines known;
    std::vector<Sample> all;
    for (auto const* node : {"a", "b", "c", "d"}) {
        auto const of_node = lines(node, 1700000000, 2500);
        all.insert(all.end(), of_node.begin(), of_node.end());
    }
    std::mt19937 random(1);
    std::size_t taken = 0;
    for (int round = 0; round < 3; ++round) {
        std::shuffle(all.begin(), all.end(), random);
        for (std::size_t i = 0; i < all.size(); i += 5)
            taken += known
                         .take_new({all.begin() + static_cast<std::ptrdiff_t>(i),
                                    all.begin() + static_cast<std::ptrdiff_t>(i + 5)})
                         .size();
    }
    CHECK(taken == all.size());
}

TEST_CASE("a crowd without end is refused, not remembered") {
    KnownLines known;
    for (std::size_t node = 0; node < KnownLines::most_nodes + 5; ++node)
        (void)known.take_new({line("node" + std::to_string(node), 1)});
    CHECK(known.refused() == 5);
    CHECK(known.take_new({line("node0", 2)}).size() == 1);
}
