// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>

#include <cstdint>

namespace bridge {

/// CRC-32 as zlib and Ethernet have it (reflected 0x04C11DB7). `before` is the result for the bytes in front
/// of these, so that a record of several pieces needs no copy.
[[nodiscard]] std::uint32_t crc32(Bytes bytes, std::uint32_t before = 0);

}  // namespace bridge
