// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/redact.hpp"
#include "luxtronik2mqtt/decode.hpp"
#include "luxtronik2mqtt/smart_home.hpp"

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

TEST_CASE(
    "a redacted poll of the Smart Home Interface keeps what has a name, and nothing that nobody knows") {
    auto const place = [](RegisterList list, int index) {
        return RegisterPlace{list, static_cast<std::uint16_t>(index)};
    };
    Registers registers;
    // A number, one of two words, the firmware, and a holding.
    for (auto const& [index, value] : {std::pair(105, 351), std::pair(310, 1), std::pair(311, 2345),
                                       std::pair(400, 3), std::pair(401, 92), std::pair(402, 1)})
        registers[place(RegisterList::inputs, index)] = static_cast<std::uint16_t>(value);
    registers[place(RegisterList::holdings, 1)] = 420;
    auto const known = registers;
    // Without a meaning, or in no table of ours.
    constexpr std::uint16_t half_a_serial = 0x3457;
    for (int const index : {350, 356, 417, 990})
        registers[place(RegisterList::inputs, index)] = half_a_serial;
    for (int const index : {60, 991}) registers[place(RegisterList::holdings, index)] = half_a_serial;

    auto const bytes = smart_home_frame(registers);
    auto const redacted = must(redact(bridge::as_bytes(bytes)));
    CHECK(redacted.size() == bytes.size());
    CHECK(readings(redacted, Selection::named) == readings(bytes, Selection::named));
    for (auto const& [at, value] : must(smart_home_registers(bridge::as_bytes(redacted)))) {
        INFO(at.index);
        CHECK(value == (known.contains(at) ? known.at(at) : 0));
    }
    CHECK_FALSE(redact(bridge::as_bytes(bytes.substr(0, bytes.size() - 1))).has_value());
}
