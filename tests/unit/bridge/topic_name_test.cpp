// SPDX-License-Identifier: MIT
#include <bridge/topic_name.hpp>

#include "catch.hpp"

#include <algorithm>
#include <set>

using bridge::topic_name;

TEST_CASE("a name that can stand in a topic stays as it is") {
    for (auto const* name : {"Elektra-Dach-Neu", "node_7", "-", "0", "BRIDGE"})
        CHECK(topic_name(name) == name);
}

TEST_CASE("a foreign character becomes an underscore and the name gets its hash") {
    // Hashes worked out with another program.
    CHECK(topic_name("S\xc3\xbc\x64") == "S_d-867ab47b");
    CHECK(topic_name("roof/east") == "roof_east-161243ed");
    CHECK(topic_name("a\xff") == "a_-d225d729");
    CHECK(topic_name("") == "-811c9dc5");
}

TEST_CASE("a word that topics use themselves gets its hash") {
    CHECK(topic_name("bridge") == "bridge-eab80610");
}

TEST_CASE("no two names become one and each is a level of a topic") {
    std::set<std::string> levels;
    std::set<std::string> const names = {"a b",       "a_b", "a/b", "a+b", "a#b",
                                         "a\xc3\xa4", "a_",  "a\n", "a ",  " "};
    for (auto const& name : names) {
        auto const level = topic_name(name);
        INFO(level);
        CHECK(level.find_first_not_of("abcdef0123456789_-") == std::string::npos);
        levels.insert(level);
    }
    CHECK(levels.size() == names.size());
}
