// SPDX-License-Identifier: MIT
#include <bridge/text.hpp>

#include "catch.hpp"

using namespace bridge;

TEST_CASE("a number is the whole text or nothing") {
    CHECK(to_number<int>("42") == 42);
    CHECK(to_number<int>("-7") == -7);
    CHECK(to_number<double>("0.25") == 0.25);
    for (auto const* text : {"", " 42", "42 ", "4 2", "+42", "0x10", "42,5", "1e", "99999999999999999999"}) {
        INFO(text);
        CHECK_FALSE(to_number<int>(text));
    }
}

TEST_CASE("foreign text is quoted onto one line") {
    CHECK(quote("a\r\n\x07\x1b[2J") == R"("a\x0d\x0a\x07\x1b[2J")");
    CHECK(quote("J.M\xc3\xbcller \"x\" \\") == "\"J.M\xc3\xbcller \\\"x\\\" \\\\\"");
    CHECK(quote("\xff\xc3") == R"("\xff\xc3")");
    CHECK(quote("abcdef", 3) == "\"abc...\"");
}

TEST_CASE("UTF-8 is told from what only looks like it") {
    CHECK(is_utf8("J.M\xc3\xbcller \xf0\x9f\x8c\x9e"));
    for (auto const* text :
         {"\x80", "\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"}) {
        CHECK_FALSE(is_utf8(text));
    }
}
