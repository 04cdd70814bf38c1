// SPDX-License-Identifier: MIT
#include <bridge/address.hpp>

#include "catch.hpp"

using bridge::Address;
using bridge::parse_address;

namespace {

Address parsed(std::string_view text, std::uint16_t port) {
    auto const address = parse_address(text, port);
    INFO(text);
    REQUIRE(address.has_value());
    return *address;
}

}  // namespace

TEST_CASE("an address is a name or an IP address and may have a port") {
    CHECK(parsed("heatpump.lan", 8889) == Address{"heatpump.lan", 8889});
    CHECK(parsed("192.168.1.20", 80) == Address{"192.168.1.20", 80});
    CHECK(parsed("192.168.1.20:8888", 8889) == Address{"192.168.1.20", 8888});
    CHECK(parsed("water_tester-2:65535", 80) == Address{"water_tester-2", 65535});
    CHECK(parsed("fd00::20", 8889) == Address{"fd00::20", 8889});
    CHECK(parsed("::1", 80) == Address{"::1", 80});
    CHECK(parsed("fe80::1%eth0", 80) == Address{"fe80::1%eth0", 80});
    CHECK(parsed("[fd00::20]:1", 8889) == Address{"fd00::20", 1});
    CHECK(parsed("[fd00::20]", 8889) == Address{"fd00::20", 8889});
    CHECK(parsed("server:23", 0) == Address{"server", 23});
}

TEST_CASE("what is no address is refused") {
    for (auto const* wrong :
         {"",        ":8889",   "host:",       "host:0",      "host:70000",  "host:x",
          "host:1 ", "host:+1", "http://host", "host/path",   "user@host",   "two words",
          "a=b",     "a;b",     "[fd00::",     "[fd00::20]x", "[host]:80",   "[]:80",
          "[",       "]",       "h\\x",        "h\xc3\xa4us", "fd00::20/64", "[fd00::20]:",
          "h\r\n",   "-:x"}) {
        INFO(wrong);
        auto const address = parse_address(wrong, 80);
        REQUIRE_FALSE(address.has_value());
        CHECK(address.error().code == bridge::Errc::config);
        CHECK(address.error().detail.starts_with("must be "));
    }
}

TEST_CASE("where there is no usual port an address must name one") {
    for (auto const* without : {"server", "fd00::20", "[fd00::20]", "server:0"}) {
        INFO(without);
        CHECK_FALSE(parse_address(without, 0).has_value());
    }
}
