// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace isems {

/// Topic filters with commas between them. `config`: one of them is none, for its `+` or `#` is not alone in
/// its level or `#` is not the last one.
[[nodiscard]] bridge::Result<std::vector<std::string>> parse_node_topics(std::string_view text);

}  // namespace isems
