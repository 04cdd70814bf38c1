// SPDX-License-Identifier: MIT
#pragma once

#include "support/temp_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// Turns every bit of each page of a database over, but for the first page, while another program has it
/// open: whatever that reads next is damaged.
void damage(std::filesystem::path const& database);

/// The databases that the sink has set aside in a folder, without what SQLite keeps beside them.
[[nodiscard]] std::vector<std::string> set_aside_files(TempFolder const& folder);

}  // namespace test
