// SPDX-License-Identifier: MIT
#include <bridge/gzip.hpp>

#include "support/gunzip.hpp"

#include "catch.hpp"

#include <random>

using namespace bridge;
using test::gunzipped;

TEST_CASE("what is compressed is the same again, however it comes") {
    std::mt19937 random(7);
    for (std::size_t const size : {0, 1, 100, 16 * 1024, 300'000}) {
        INFO(size);
        std::string text(size, ' ');
        for (auto& letter : text) letter = static_cast<char>(random() % 7 + 'a');
        CHECK(gunzipped(gzipped(text).value_or("")) == text);
        auto pieces = Gzip::begin();
        REQUIRE(pieces.has_value());
        std::string sent;
        for (std::size_t at = 0; at < size; at += 1000) sent += pieces->add(text.substr(at, 1000));
        sent += pieces->finish();
        CHECK(gunzipped(sent) == text);
        if (size > 1000) CHECK(sent.size() < size / 2);
    }
}
