// SPDX-License-Identifier: MIT
#include "roles.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace mastertronic {

namespace {

std::string plain(std::string_view name) {
    std::string out;
    for (char const c : name) {
        if (c == '_') continue;
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

/// The column with the first of these names that there is.
std::optional<std::size_t> find(std::vector<std::string> const& columns,
                                std::initializer_list<std::string_view> names) {
    for (auto const name : names) {
        auto const found = std::find(columns.begin(), columns.end(), name);
        if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
    }
    return std::nullopt;
}

}  // namespace

std::optional<Roles> recognise(std::vector<std::string> const& columns) {
    std::vector<std::string> names;
    for (auto const& column : columns) names.push_back(plain(column));
    auto const time = find(names, {"recordtime", "recordedat", "testtime", "measuredat", "timestamp", "time",
                                   "datetime", "createdat", "createtime", "ts"});
    auto const parameter = find(names, {"parameter", "parameterkey", "parametername", "param"});
    auto const value = find(names, {"value", "rawvalue", "measuredvalue", "testvalue"});
    if (!time || !parameter || !value) return std::nullopt;
    return Roles{*time,
                 *parameter,
                 *value,
                 find(names, {"baselinedvalue"}),
                 find(names, {"multiplyfactor"}),
                 find(names, {"ishidden", "hidden", "isdeleted", "deleted"})};
}

}  // namespace mastertronic
