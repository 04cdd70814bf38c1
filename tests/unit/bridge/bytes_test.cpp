// SPDX-License-Identifier: MIT
#include <bridge/bytes.hpp>

#include "catch.hpp"

using namespace bridge;

TEST_CASE("reads go from front to back") {
    ByteReader reader(as_bytes("NFA50028f+"));
    CHECK(reader.literal("NFA"));
    CHECK(reader.decimal(5) == 50028U);
    CHECK(reader.character() == 'f');
    CHECK(reader.remaining() == 1);
    CHECK_FALSE(reader.at_end());
    CHECK(reader.character() == '+');
    CHECK(reader.at_end());
}

TEST_CASE("a read that does not fit or match leaves the position") {
    ByteReader reader(as_bytes("12x"));
    CHECK_FALSE(reader.literal("12xy"));
    CHECK_FALSE(reader.literal("2"));
    CHECK_FALSE(reader.decimal(3));
    CHECK_FALSE(reader.decimal(4));
    CHECK_FALSE(reader.decimal(0));
    CHECK_FALSE(reader.decimal(10));
    CHECK(reader.remaining() == 3);
    CHECK(reader.decimal(2) == 12U);
    CHECK_FALSE(reader.decimal(1));
    CHECK(reader.character() == 'x');
    CHECK_FALSE(reader.character());
    CHECK(reader.literal(""));
}

TEST_CASE("a number of nine digits fits, ten digits are refused") {
    ByteReader reader(as_bytes("9999999999"));
    CHECK_FALSE(reader.decimal(10));
    CHECK(reader.decimal(9) == 999'999'999U);
}

TEST_CASE("only ASCII digits are digits") {
    for (auto const* text : {"+1", "-1", "1:", "1/", " 1", "1 ", "\xb2\x31", "0x", "1\n"}) {
        INFO(text);
        CHECK_FALSE(ByteReader(as_bytes(text)).decimal(2));
    }
}

TEST_CASE("no bytes are no surprise") {
    ByteReader reader{Bytes()};
    CHECK(reader.at_end());
    CHECK_FALSE(reader.decimal(1));
    CHECK_FALSE(reader.character());
    CHECK_FALSE(reader.literal("a"));
}

TEST_CASE("text and bytes are the same memory") {
    std::string const text("a\0b", 3);
    CHECK(as_text(as_bytes(text)) == text);
    CHECK(as_text(as_bytes(text)).data() == text.data());
}
