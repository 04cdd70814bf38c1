// SPDX-License-Identifier: MIT
#include <bridge/bytes.hpp>

#include "catch.hpp"

#include <string_view>

using namespace bridge;
using namespace std::string_view_literals;

TEST_CASE("four bytes are a signed number, most significant first") {
    ByteReader reader(as_bytes("\x00\x00\x0b\xbc\xff\xff\xff\x00\x80\x00\x00\x00"sv));
    CHECK(reader.big_endian_int32() == 3004);
    CHECK(reader.big_endian_int32() == -256);
    CHECK(reader.big_endian_int32() == -2'147'483'647 - 1);
    CHECK(reader.at_end());
}

TEST_CASE("three bytes are no number of four and stay unread") {
    ByteReader reader(as_bytes("abc"sv));
    CHECK_FALSE(reader.big_endian_int32());
    CHECK(reader.remaining() == 3);
}
