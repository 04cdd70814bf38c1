// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include "number_text.hpp"
#include "time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sink {

namespace {

std::string csv_text(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

struct ToCsv {
    std::string operator()(double number) const { return number_text(number); }
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(std::string const& text) const {
        // What is not there is empty, and an empty text is there.
        return text.empty() ? "\"\"" : csv_text(text);
    }
};

}  // namespace

std::string csv_head(std::vector<std::string> const& fields) {
    std::string line = "time,ts";
    for (auto const& field : fields) line += "," + csv_text(field);
    return line + "\r\n";
}

std::string csv_line(std::int64_t ts, std::vector<std::optional<bridge::Value>> const& values) {
    std::string line = fmt::format("{},{}", iso_time(ts), ts);
    for (auto const& value : values) {
        line += ',';
        if (value) line += std::visit(ToCsv{}, *value);
    }
    return line + "\r\n";
}

std::string csv_file_name(std::vector<std::string_view> const& parts) {
    std::string name;
    for (auto const part : parts) {
        if (part.empty()) continue;
        if (!name.empty()) name += '_';
        for (char const c : part) {
            bool const plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                               c == '-' || c == '_' || c == '.';
            name += plain ? c : '_';
        }
    }
    return name + ".csv";
}

}  // namespace sink
