// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"

#include <cstdint>
#include <string>

namespace sink {

constexpr std::int64_t schema_version = 3;

/// The statements that make the tables that this version of the schema does not have. 0: all.
[[nodiscard]] std::string tables_since(std::int64_t version);

/// What a file holds before it is opened to be written.
struct StoredBefore {
    std::int64_t version = 0;     ///< of our schema; 0: no store, or none yet
    std::uint64_t committed = 0;  ///< as `Store::committed` says it, for each version
    [[nodiscard]] bool is_old() const { return version > 0 && version < schema_version; }
};
[[nodiscard]] StoreResult<StoredBefore> look_at_store(std::string const& path, std::uint64_t inbox);

/// Sees to it that the store's tables are there, ours and of this version: makes them in an empty file,
/// brings those of an older version up to date (`migration.hpp`), and refuses what is not ours or newer as
/// `foreign`.
[[nodiscard]] StoreResult<> settle_schema(Connection& connection);

}  // namespace sink
