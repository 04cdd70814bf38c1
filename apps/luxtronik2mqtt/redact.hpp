// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>

#include <string>

namespace luxtronik {

/// One poll's blocks, whole as `decode` takes them, without what tells whose heat pump it is; all lengths
/// stay. Serial numbers and passwords become 0, IPv4 addresses 192.0.2.1. Of values that have no name of ours
/// nobody knows all: those without any name become 0, and what would be an address, were it one, becomes
/// 192.0.2.1 (parameters 750 to 753 and 861 are addresses, and no table says so). Errors as `decode`.
[[nodiscard]] bridge::Result<std::string> redact(bridge::Bytes blocks);

}  // namespace luxtronik
