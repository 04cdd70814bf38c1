// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/redact.hpp"
#include "luxtronik2mqtt/decode.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <utility>

using namespace luxtronik;
using namespace test;

namespace {

std::vector<bridge::Sample> readings(std::string const& bytes, Selection selection) {
    return must(decode(bridge::as_bytes(bytes), bridge::Timestamp{}, selection));
}

constexpr std::int64_t home_address = 0xC0A8'0114;  // 192.168.1.20
constexpr std::int64_t password = 0x4A3B'2C1D;
constexpr std::int64_t serial = 0x0012'3457;

/// A heat pump with its owner's secrets wherever some are known to be.
std::string secretive() {
    Raw const measured = {{10, 351}, {15, -38}, {91, home_address}, {94, home_address}, {300, serial}};
    Raw const set = {{2, 480},         {106, password},     {750, home_address}, {861, home_address},
                     {874, serial},    {875, serial},       {1064, serial},      {755, password},
                     {1300, password}, {1301, home_address}};
    return calculations(310, with_version(measured, "V3.88.0")) + parameters(1310, set) + visibilities(366);
}

}  // namespace

TEST_CASE("a redacted poll decodes to the same readings") {
    auto const bytes = secretive();
    auto const redacted = must(redact(bridge::as_bytes(bytes)));
    CHECK(redacted.size() == bytes.size());
    CHECK(readings(redacted, Selection::named) == readings(bytes, Selection::named));
    CHECK(must(lengths(bridge::as_bytes(redacted))) == must(lengths(bridge::as_bytes(bytes))));
    CHECK(must(redact(bridge::as_bytes(redacted))) == redacted);
}

TEST_CASE("a redacted poll has no serial number, password or address") {
    auto const bytes = secretive();
    auto const redacted = must(redact(bridge::as_bytes(bytes)));
    for (auto const secret : {home_address, password, serial}) {
        INFO(secret);
        CHECK(bytes.find(number(secret)) != std::string::npos);
        CHECK(redacted.find(number(secret)) == std::string::npos);
    }
    CHECK(value_of(readings(redacted, Selection::all), "", "ID_WEB_AdresseIP_akt") ==
          bridge::Value("192.0.2.1"));
}

TEST_CASE("what is no whole poll cannot be redacted") {
    auto const bytes = secretive();
    CHECK_FALSE(redact(bridge::as_bytes(bytes.substr(0, bytes.size() - 1))).has_value());
    CHECK_FALSE(redact(bridge::as_bytes(std::string("serial 12345"))).has_value());
    CHECK_FALSE(redact(bridge::as_bytes(calculations(5, {}, 1))).has_value());
}
