// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/text.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// The names of a setting that has several, with commas between.
[[nodiscard]] inline std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto const name = bridge::trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!name.empty()) names.emplace_back(name);
    }
    return names;
}

}  // namespace luxtronik
