// SPDX-License-Identifier: MIT
#include <bridge/gzip.hpp>

#include <zlib.h>

#include <array>
#include <new>

namespace bridge {

namespace {

/// zlib: 15 bits of window, and 16 more for a header as gzip has it.
constexpr int gzip_window = 15 + 16;
constexpr int usual_memory = 8;

}  // namespace

void Gzip::End::operator()(z_stream_s* stream) const {
    (void)deflateEnd(stream);  // says only whether something was left
    std::default_delete<z_stream_s>()(stream);
}

Gzip::Gzip() {
    auto stream = std::make_unique<z_stream_s>();
    int const begun =
        deflateInit2(stream.get(), Z_BEST_SPEED, Z_DEFLATED, gzip_window, usual_memory, Z_DEFAULT_STRATEGY);
    if (begun != Z_OK) throw std::bad_alloc();  // the one thing that can be wrong
    stream_.reset(stream.release());
}

std::string Gzip::add(std::string_view bytes) { return deflated(bytes, Z_NO_FLUSH); }

std::string Gzip::finish() { return deflated({}, Z_FINISH); }

std::string Gzip::deflated(std::string_view bytes, int flush) {
    // zlib reads through this pointer, and has it without const for old programs' sake.
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_->avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 16 * 1024> buffer;
    do {
        stream_->next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream_->avail_out = static_cast<uInt>(buffer.size());
        (void)deflate(stream_.get(), flush);  // there is always room, and no other error
        out.append(buffer.data(), buffer.size() - stream_->avail_out);
    } while (stream_->avail_out == 0);
    return out;
}

std::string gzipped(std::string_view bytes) {
    Gzip gzip;
    std::string out = gzip.add(bytes);
    return out += gzip.finish();
}

}  // namespace bridge
