// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <string>

namespace sink {

/// Renames a database that is closed here to `<file>.damaged-<UTC time>`, with what SQLite keeps beside it.
/// Returns the new name.
[[nodiscard]] bridge::Result<std::string> set_file_aside(std::string const& path, bridge::Timestamp now);

}  // namespace sink
