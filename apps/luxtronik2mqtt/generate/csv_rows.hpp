// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What the build tools of this folder share: tables as text. What is wrong with one is thrown, and ends the
/// build.
namespace generate {

using Row = std::vector<std::string>;

inline Row split(std::string_view text, char separator) {
    Row parts;
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find(separator, start), text.size());
        parts.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

inline std::vector<Row> read_csv(std::string const& path, std::string_view header, char separator) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line) || line != header) {
        throw std::runtime_error(fmt::format("{}: the first line must be {}", path, header));
    }
    auto const columns = split(header, separator).size();
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        rows.push_back(split(line, separator));
        if (rows.back().size() != columns || line.find('"') != std::string::npos) {
            throw std::runtime_error(
                fmt::format("{}:{}: not {} plain columns", path, rows.size() + 1, columns));
        }
    }
    return rows;
}

/// Gives each row of a file to `take`; what that says of one is said with its line.
inline void for_each_row(std::string const& path, std::string_view header, char separator,
                         std::function<void(Row const&)> const& take) {
    std::size_t line = 1;
    for (auto const& row : read_csv(path, header, separator)) {
        ++line;
        try {
            take(row);
        } catch (std::runtime_error const& wrong) {
            throw std::runtime_error(fmt::format("{}:{}: {}", path, line, wrong.what()));
        }
    }
}

inline std::int32_t number(std::string_view text) {
    auto const value = bridge::to_number<std::int32_t>(text);
    if (!value) throw std::runtime_error(fmt::format("{} is no number", text));
    return *value;
}

inline std::string one_of(std::string const& text, std::map<std::string, std::string> const& known) {
    auto const found = known.find(text);
    if (found == known.end()) throw std::runtime_error(text + " is not known here");
    return found->second;
}

}  // namespace generate
