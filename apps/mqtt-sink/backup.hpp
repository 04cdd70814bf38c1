// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"

#include <functional>
#include <string>

namespace sink {

/// Copies the database `from` as it is at the beginning to `to`, in steps, beside whoever writes it: first
/// under another name, so that what is called `to` is whole. `progress` is told how far it is, 0 to 1.
[[nodiscard]] StoreResult<> copy_database(std::string const& from, std::string const& to,
                                          std::function<void(double)> const& progress);

/// `mqtt-sink backup FILE`: a copy of the sink's database while the sink runs. As `main`: arguments behind
/// `backup`, with the program's name as the first, and the exit code: 0 the copy is there, 1 not, 2 usage,
/// also where FILE is there already.
[[nodiscard]] int backup(int argc, char** argv);

}  // namespace sink
