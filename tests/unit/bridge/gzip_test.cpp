// SPDX-License-Identifier: MIT
#include <bridge/gzip.hpp>

#include "support/gunzip.hpp"

#include "catch.hpp"

using test::gunzipped;

TEST_CASE("what is made smaller is the same again") {
    std::string lines;
    for (int i = 0; i < 20'000; ++i) lines += "mfm,device=mains frequency_hz=50.0" + std::to_string(i) + "\n";
    std::string noise;
    for (unsigned i = 0, state = 1; i < 100'000; ++i, state = state * 1664525 + 1013904223)
        noise += static_cast<char>(state >> 24U);
    for (auto const& bytes : {std::string(), std::string("x"), std::string(1 << 20, '\0'), lines, noise}) {
        CHECK((gunzipped(bridge::gzipped(bytes)) == bytes));
        bridge::Gzip gzip;
        std::string pieces;
        for (std::size_t at = 0; at < bytes.size(); at += 1000)
            pieces += gzip.add(std::string_view(bytes).substr(at, 1000));
        pieces += gzip.finish();
        CHECK((gunzipped(pieces) == bytes));
    }
    CHECK(bridge::gzipped(lines).size() * 4 < lines.size());
}
