// SPDX-License-Identifier: MIT
#include "node_topics.hpp"

#include <bridge/text.hpp>

#include <algorithm>

namespace isems {

namespace {

bool is_filter(std::string_view text) {
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find('/', start), text.size());
        auto const level = text.substr(start, end - start);
        bool const wild = level.find_first_of("+#") != std::string_view::npos;
        if (wild && level.size() != 1) return false;
        if (level == "#" && end != text.size()) return false;
        start = end + 1;
    }
    return true;
}

}  // namespace

bridge::Result<std::vector<std::string>> parse_node_topics(std::string_view text) {
    std::vector<std::string> filters;
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find(',', start), text.size());
        auto const filter = bridge::trimmed(text.substr(start, end - start));
        start = end + 1;
        if (filter.empty()) continue;
        if (!is_filter(filter))
            return bridge::Error{bridge::Errc::config,
                                 "must be topics, in which + or # is a level of its own"};
        filters.emplace_back(filter);
    }
    return filters;
}

}  // namespace isems
