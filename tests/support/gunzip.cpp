// SPDX-License-Identifier: MIT
#include "gunzip.hpp"

#include <zlib.h>

namespace test {

std::optional<std::string> gunzipped(std::string_view bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    char buffer[16384];
    int done = Z_OK;
    while (done == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer);
        stream.avail_out = sizeof buffer;
        done = inflate(&stream, Z_NO_FLUSH);
        out.append(buffer, sizeof buffer - stream.avail_out);
    }
    (void)inflateEnd(&stream);
    if (done != Z_STREAM_END || stream.avail_in != 0) return std::nullopt;
    return out;
}

}  // namespace test
