// SPDX-License-Identifier: MIT
#include "mqtt-sink/parameters.hpp"

#include "catch.hpp"

using namespace sink;

namespace {

std::string wrong(Parameters const& parameters) { return parameters.wrong().value_or(""); }

}  // namespace

TEST_CASE("what is not a path's, comes twice, is too long or has a NUL is refused before it is read") {
    CHECK(wrong(Parameters({{"a", "1"}, {"b", ""}}, {"a", "b"})).empty());
    CHECK(wrong(Parameters({{"x", "1"}}, {"a", "b"})) == "unknown parameter x: there are a, b");
    CHECK(wrong(Parameters({{"x", "1"}}, {})) == "unknown parameter x: there are none here");
    CHECK(wrong(Parameters({{"a", "1"}, {"a", "1"}}, {"a"})) == "a= is given twice: give it once");
    CHECK(wrong(Parameters({{"a", std::string(1001, 'x')}}, {"a"})) == "a= is longer than 1000 bytes");
    CHECK(wrong(Parameters({{"a", std::string(1000, 'x')}}, {"a"})).empty());
    CHECK(wrong(Parameters({{"a", std::string("x\0y", 3)}}, {"a"})) == "a= has a NUL in it");
}

TEST_CASE("what is wrong first is what is told") {
    Parameters parameters({{"a", ""}, {"n", "x"}}, {"a", "n", "d"});
    CHECK(parameters.text("d").empty());
    CHECK(wrong(parameters).empty());
    CHECK(parameters.text("a").empty());
    (void)parameters.count("n", 10);
    (void)parameters.needed_text("d", "/x");
    CHECK(wrong(parameters) == "a= is empty: give a value, or leave it out");
}

TEST_CASE("what is needed and missing is told with where to find it") {
    Parameters parameters({}, {"d"});
    (void)parameters.needed_text("d", "/x");
    CHECK(wrong(parameters) == "d= is missing: /x shows them");
}

TEST_CASE("only one parameter may be empty") {
    Parameters parameters({{"c", ""}}, {"c", "e"});
    CHECK(parameters.maybe_empty("c") == std::optional<std::string>(""));
    CHECK(parameters.maybe_empty("e") == std::nullopt);
    CHECK(wrong(parameters).empty());
}

TEST_CASE("a count is a whole number within its bounds") {
    for (auto const* good : {"1", "10", "007"}) {
        Parameters parameters({{"n", good}}, {"n"});
        CHECK(parameters.count("n", 10).has_value());
        CHECK(wrong(parameters).empty());
    }
    for (auto const* bad : {"", "0", "-1", "11", "1.0", "1e1", " 1", "1 ", "x", "99999999999999999999"}) {
        INFO(bad);
        Parameters parameters({{"n", bad}}, {"n"});
        CHECK_FALSE(parameters.count("n", 10).has_value());
        CHECK(wrong(parameters) == "n= must be a whole number from 1 to 10");
    }
}

TEST_CASE("a list has no part that is empty or comes twice") {
    Parameters good({{"l", "a,b c,d"}}, {"l"});
    CHECK(good.list("l") == std::vector<std::string>{"a", "b c", "d"});
    CHECK(good.list("none").empty());
    CHECK(wrong(good).empty());
    for (auto const* bad : {"", ",", "a,", ",a", "a,,b", "a,b,a"}) {
        INFO(bad);
        Parameters parameters({{"l", bad}}, {"l"});
        (void)parameters.list("l");
        CHECK_FALSE(wrong(parameters).empty());
    }
}
