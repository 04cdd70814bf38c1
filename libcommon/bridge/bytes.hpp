// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bridge {

using Bytes = std::span<std::byte const>;

/// The bytes of a text, and back; no copy, the text must outlive the view.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Reads bytes from front to back and can always say no: a read that does not fit or does not match leaves
/// the position where it was and returns nothing. Views the caller's bytes; no copy.
class ByteReader {
  public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    /// True, and past it, if exactly these bytes come next.
    [[nodiscard]] bool literal(std::string_view expected);

    /// Exactly `count` ASCII digits (1 to 9 of them) as a number.
    [[nodiscard]] std::optional<std::uint32_t> decimal(std::size_t count);

    /// Four bytes, most significant first, as a two's complement number.
    [[nodiscard]] std::optional<std::int32_t> big_endian_int32();

    /// The next byte as a character.
    [[nodiscard]] std::optional<char> character();

    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    Bytes rest_;
};

}  // namespace bridge
