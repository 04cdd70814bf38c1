// SPDX-License-Identifier: MIT
#include "isems2mqtt/node_topics.hpp"

#include "catch.hpp"

using isems::parse_node_topics;

TEST_CASE("the nodes' topics are filters with commas between them") {
    using Topics = std::vector<std::string>;
    auto const parsed = [](std::string_view text) {
        auto const topics = parse_node_topics(text);
        REQUIRE(topics.has_value());
        return *topics;
    };
    CHECK(parsed("/isems/+/csvlog") == Topics{"/isems/+/csvlog"});
    CHECK(parsed(" a/b , #,,mesh/# ") == Topics{"a/b", "#", "mesh/#"});
    CHECK(parsed("").empty());
}

TEST_CASE("a wildcard is a level of its own") {
    for (auto const* text : {"a+/b", "#/a", "a/#/b", "a/b#", "/isems/+x/csvlog,a"}) {
        INFO(text);
        CHECK_FALSE(parse_node_topics(text).has_value());
    }
}
