// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"

#include <cstdint>

namespace sink {

/// Brings the tables of an older version (1 or 2) into this one's shape, inside the caller's transaction:
/// all of it or nothing, however the process ends. Every row is copied once, in the order of the new key, so
/// memory stays small however large the file; the disk must have room for the copy.
[[nodiscard]] StoreResult<> migrate(Connection& connection, std::int64_t version);

}  // namespace sink
