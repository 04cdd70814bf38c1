// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "catch.hpp"

#include <algorithm>
#include <sstream>

using namespace test;

namespace {

std::size_t count(std::string const& text, std::string const& part) { return matches(text, part).size(); }

/// What stands between the brackets of a thing or a channel: `key="value", key="value"`.
Variables parameters(std::string const& brackets) {
    Variables found;
    for (auto const& one : matches(brackets, R"x((\w+)="([^"]*)")x")) found[one.at(1)] = one.at(2);
    return found;
}

}  // namespace

TEST_CASE("the recipe for openHAB names what is published and each item has its channel") {
    TempFolder const folder;
    Suite const suite(folder);
    auto const code = shown_code("recipes/openhab.md", "java");
    REQUIRE(code.size() == 2);
    auto const& [things, items] = std::tie(code.at(0), code.at(1));
    CHECK(std::ranges::count(things, '{') == std::ranges::count(things, '}'));

    auto const broker = matches(things, R"x(Bridge mqtt:broker:(\w+) )x");
    REQUIRE(broker.size() == 1);
    std::set<std::string> channels;
    std::string thing;
    std::istringstream lines(things);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        for (auto const& found : matches(line, R"x(^ +Thing topic (\w+) "[^"]+" \[(.*)\] \{$)x")) {
            thing = found.at(1);
            auto const said = parameters(found.at(2));
            CHECK(suite.says_online(said.at("availabilityTopic")));
            CHECK(said.at("payloadAvailable") == "online");
            CHECK(said.at("payloadNotAvailable") == "offline");
        }
        for (auto const& found :
             matches(line, R"x(^ +Type (number|string|switch) : (\w+) +"[^"]+" +\[(.*)\]$)x")) {
            auto const said = parameters(found.at(3));
            auto const path = matches(said.at("transformationPattern"), R"(^JSONPATH:\$\.(\w+)$)");
            REQUIRE(path.size() == 1);
            CHECK(suite.publishes(said.at("stateTopic"), path.front().at(1)));
            channels.insert("mqtt:topic:" + broker.front().at(1) + ":" + thing + ":" + found.at(2));
        }
    }
    // No line was overlooked because it is written otherwise.
    CHECK(count(things, "Thing ") == 4);
    CHECK(count(things, "Type ") == channels.size());
    CHECK(channels.size() > 8);

    std::set<std::string> linked;
    for (auto const& item : matches(items, R"x(channel="([^"]+)")x")) linked.insert(item.at(1));
    CHECK(linked == channels);
}
