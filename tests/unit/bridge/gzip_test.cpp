// SPDX-License-Identifier: MIT
#include <bridge/gzip.hpp>

#include <zlib.h>

#include "catch.hpp"

namespace {

std::string inflated(std::string const& file) {
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    std::string out(2 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
    stream.avail_in = static_cast<uInt>(file.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.avail_in == 0);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

}  // namespace

TEST_CASE("what is made smaller is the same again") {
    std::string lines;
    for (int i = 0; i < 20'000; ++i) lines += "mfm,device=mains frequency_hz=50.0" + std::to_string(i) + "\n";
    std::string noise;
    for (unsigned i = 0, state = 1; i < 100'000; ++i, state = state * 1664525 + 1013904223)
        noise += static_cast<char>(state >> 24U);
    for (auto const& bytes : {std::string(), std::string("x"), std::string(1 << 20, '\0'), lines, noise})
        CHECK((inflated(bridge::gzipped(bytes)) == bytes));
    CHECK(bridge::gzipped(lines).size() * 4 < lines.size());
}
