// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct z_stream_s;

namespace bridge {

/// gzip (RFC 1952) as quickly as zlib makes it: what is sent is sent once. Belongs to one thread at a time.
class Gzip {
  public:
    /// Nothing if there is no memory for it (a quarter of a megabyte).
    [[nodiscard]] static std::optional<Gzip> begin();

    /// Takes more; gives what is ready of all so far, often nothing yet.
    [[nodiscard]] std::string add(std::string_view bytes);
    /// The rest. Nothing is added after it.
    [[nodiscard]] std::string finish();

  private:
    std::string deflated(std::string_view bytes, int flush);

    struct End {
        void operator()(z_stream_s* stream) const;
    };
    using Stream = std::unique_ptr<z_stream_s, End>;
    explicit Gzip(Stream stream) : stream_(std::move(stream)) {}
    Stream stream_;
};

/// All at once; nothing as above.
[[nodiscard]] std::optional<std::string> gzipped(std::string_view bytes);

}  // namespace bridge
