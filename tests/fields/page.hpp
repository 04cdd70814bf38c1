// SPDX-License-Identifier: MIT
#pragma once

#include "tables.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace test {

/// docs/fields.md, whole.
[[nodiscard]] std::string fields_page(std::vector<ProgramTable> const& tables);

/// What a page says of fields other than it should, a sentence each, naming topic and field; empty if both
/// say the same of all fields.
[[nodiscard]] std::vector<std::string> page_differences(std::string_view should_be, std::string_view is);

}  // namespace test
