// SPDX-License-Identifier: MIT
#include "isems2mqtt/router_address.hpp"

#include "catch.hpp"

using isems::parse_router_address;
using isems::RouterAddress;

TEST_CASE("a node's address is a host and may have a port") {
    CHECK(parse_router_address("10.36.158.33") == RouterAddress{"10.36.158.33", 80});
    CHECK(parse_router_address("roof.lan:8080") == RouterAddress{"roof.lan", 8080});
    CHECK(parse_router_address("[fd00::1]") == RouterAddress{"fd00::1", 80});
    CHECK(parse_router_address("[fd00::1]:81") == RouterAddress{"fd00::1", 81});
    CHECK(parse_router_address("fd00::1") == RouterAddress{"fd00::1", 80});
}

TEST_CASE("what is no address is refused") {
    for (auto const* text : {"", ":80", "host:", "host:0", "host:x", "host:70000", "http://host", "host/path",
                             "user@host", "a b", "a=b"}) {
        INFO(text);
        CHECK_FALSE(parse_router_address(text));
    }
}
