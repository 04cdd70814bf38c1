// SPDX-License-Identifier: MIT
#include <bridge/gzip.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace bridge {

std::string gzipped(std::string_view bytes) {
    constexpr int gzip_window = 15 + 16;
    constexpr int memory_level = 8;
    constexpr std::size_t most_at_once = std::numeric_limits<uInt>::max();
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        throw std::bad_alloc();  // the one thing that can be wrong
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    std::size_t taken = 0;
    std::size_t made = 0;
    int state = Z_OK;
    while (state == Z_OK) {
        auto const in = std::min(bytes.size() - taken, most_at_once);
        auto const room = std::min(out.size() - made, most_at_once);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + taken));
        stream.avail_in = static_cast<uInt>(in);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
        stream.avail_out = static_cast<uInt>(room);
        state = deflate(&stream, taken + in == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        taken += in - stream.avail_in;
        made += room - stream.avail_out;
    }
    deflateEnd(&stream);
    out.resize(made);
    return out;
}

}  // namespace bridge
