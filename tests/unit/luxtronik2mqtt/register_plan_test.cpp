// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/register_plan.hpp"

#include "catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace luxtronik;

namespace {

constexpr Release first{90, 1}, second{92, 0}, third{92, 1};

RegisterPlace input(int index) { return {RegisterList::inputs, static_cast<std::uint16_t>(index)}; }
RegisterPlace holding(int index) { return {RegisterList::holdings, static_cast<std::uint16_t>(index)}; }
RegisterSpan span(RegisterPlace place, int count) { return {place, static_cast<std::uint16_t>(count)}; }

std::set<RegisterPlace> places(std::vector<RegisterSpan> const& plan) {
    std::set<RegisterPlace> all;
    for (auto const& one : plan) {
        for (int i = 0; i < one.count; ++i) {
            RegisterPlace const place{one.first.list, static_cast<std::uint16_t>(one.first.index + i)};
            INFO(place.index);
            CHECK(all.insert(place).second);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("the plan of a firmware goes over no gap") {
    // As the notes on the protocol have the registers of firmware 3.90.1.
    std::vector<RegisterSpan> const expected = {
        span(input(0), 1),    span(input(2), 3),    span(input(6), 2),    span(input(100), 9),
        span(input(120), 5),  span(input(140), 4),  span(input(150), 4),  span(input(160), 4),
        span(input(201), 7),  span(input(300), 3),  span(input(310), 10), span(input(400), 3),
        span(holding(0), 3),  span(holding(5), 3),  span(holding(10), 3), span(holding(15), 3),
        span(holding(20), 3), span(holding(25), 3), span(holding(30), 3), span(holding(35), 3),
        span(holding(40), 2), span(holding(50), 1), span(holding(52), 2)};
    CHECK(register_plan(first, {}, Selection::named) == expected);
}

TEST_CASE("newer firmware has more, and what is unknown is read on request only") {
    auto const of_first = places(register_plan(first, {}, Selection::named));
    auto const of_second = places(register_plan(second, {}, Selection::named));
    CHECK(std::includes(of_second.begin(), of_second.end(), of_first.begin(), of_first.end()));
    for (auto const& place : {input(109), input(112), input(320), input(329), holding(3), holding(51),
                              holding(67), holding(71)}) {
        INFO(place.index);
        CHECK_FALSE(of_first.contains(place));
        CHECK(of_second.contains(place));
    }
    CHECK_FALSE(of_second.contains(input(113)));
    auto const all_of_second = places(register_plan(second, {}, Selection::all));
    CHECK(all_of_second.contains(input(113)));
    CHECK_FALSE(all_of_second.contains(holding(60)));
    CHECK(places(register_plan(third, {}, Selection::all)).contains(holding(60)));
    CHECK(register_plan(Release{89, 9}, {}, Selection::all).empty());
}

TEST_CASE("what is known to be missing is asked for no more") {
    auto const plan = register_plan(second, {input(106), input(312)}, Selection::named);
    auto const asked = places(plan);
    CHECK_FALSE(asked.contains(input(106)));
    CHECK_FALSE(asked.contains(input(312)));
    CHECK_FALSE(asked.contains(input(313)));
    CHECK(asked.contains(input(105)));
    CHECK(asked.contains(input(107)));
    CHECK(std::count(plan.begin(), plan.end(), span(input(100), 6)) == 1);
    CHECK(std::count(plan.begin(), plan.end(), span(input(310), 2)) == 1);
    CHECK(std::count(plan.begin(), plan.end(), span(input(314), 16)) == 1);
}

TEST_CASE("a request is halved until one value is left, and none of two words is torn") {
    CHECK_FALSE(halves(span(input(100), 1)).has_value());
    CHECK_FALSE(halves(span(input(310), 2)).has_value());
    CHECK_FALSE(halves(span(input(400), 3)).has_value());
    CHECK_FALSE(halves(span(input(0), 1)).has_value());
    auto const two = halves(span(input(310), 4));
    REQUIRE(two.has_value());
    CHECK(two->first == span(input(310), 2));
    CHECK(two->second == span(input(312), 2));

    // Down to single values all is asked for, once.
    for (auto const& begin : register_plan(third, {}, Selection::all)) {
        std::vector<RegisterSpan> waiting = {begin}, single;
        while (!waiting.empty()) {
            auto const next = waiting.back();
            waiting.pop_back();
            if (auto const smaller = halves(next)) {
                waiting.push_back(smaller->first);
                waiting.push_back(smaller->second);
            } else {
                single.push_back(next);
            }
        }
        CHECK(places(single) == places({begin}));
    }
}
