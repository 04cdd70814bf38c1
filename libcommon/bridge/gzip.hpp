// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace bridge {

/// gzip (RFC 1952), as `Content-Encoding: gzip` means it. Quick rather than small: what is sent is sent once.
/// Belongs to one thread at a time.
class Gzip {
  public:
    Gzip();

    /// Takes more; gives what is ready of all so far, often nothing yet.
    [[nodiscard]] std::string add(std::string_view bytes);
    /// The rest. Nothing is added after it.
    [[nodiscard]] std::string finish();

  private:
    std::string deflated(std::string_view bytes, int flush);

    struct End {
        void operator()(z_stream_s* stream) const;
    };
    std::unique_ptr<z_stream_s, End> stream_;
};

/// All at once; any bytes, also none.
[[nodiscard]] std::string gzipped(std::string_view bytes);

}  // namespace bridge
