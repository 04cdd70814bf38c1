// SPDX-License-Identifier: MIT
#include <bridge/crc32.hpp>

#include "catch.hpp"

#include <string>

using bridge::as_bytes;
using bridge::crc32;

TEST_CASE("CRC-32 is the one that everybody has") {
    CHECK(crc32(as_bytes("123456789")) == 0xCBF43926U);
    CHECK(crc32(as_bytes("")) == 0);
    CHECK(crc32(as_bytes("The quick brown fox jumps over the lazy dog")) == 0x414FA339U);
}

TEST_CASE("CRC-32 of pieces is that of the whole") {
    std::string const text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        auto const bytes = as_bytes(text);
        CHECK(crc32(bytes.subspan(cut), crc32(bytes.first(cut))) == crc32(bytes));
    }
}
