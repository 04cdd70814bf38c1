// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"

namespace sink {

/// Sees to it that the store's tables are there, ours and of this version: makes them in an empty file,
/// brings those of an older version up to date in one transaction, and refuses everything else as `damaged`.
[[nodiscard]] StoreResult<> settle_schema(Connection& connection);

}  // namespace sink
