// SPDX-License-Identifier: MIT
#include "line_protocol.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace sink {

namespace {

bool is_writable(std::string_view name) {
    return std::ranges::none_of(name, [](char c) {
        return c == '\\' || c == '"' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
}

void add_escaped(std::string& line, std::string_view text, std::string_view special) {
    if (text.find_first_of(special) == std::string_view::npos) {
        line += text;
        return;
    }
    for (char const c : text) {
        if (special.find(c) != std::string_view::npos) line += '\\';
        line += c;
    }
}

constexpr std::string_view special_in_measurements = ", ";
constexpr std::string_view special_in_names = ",= ";
constexpr std::string_view special_in_texts = "\"\\";

bool is_taken(std::string_view name) { return name == "device" || name == "channel" || name == "time"; }

/// The name itself, or where that is taken, with the first free number behind it.
void add_field_key(std::string& line, std::string_view name, std::vector<bridge::Reading> const& others) {
    if (!is_taken(name)) return add_escaped(line, name, special_in_names);
    int number = 2;
    auto const numbered = [&] { return fmt::format("{}_{}", name, number); };
    while (std::ranges::find(others, numbered(), &bridge::Reading::name) != others.end()) ++number;
    line += numbered();
}

bool is_sent(bridge::Value const& value, Texts texts) {
    if (auto const* number = std::get_if<double>(&value)) return std::isfinite(*number);
    return texts == Texts::send || !std::holds_alternative<std::string>(value);
}

class AddValue {
  public:
    explicit AddValue(std::string& line) : line_(line) {}
    void operator()(double number) const {
        auto const begin = line_.size();
        add_digits(number);
        if (line_.find_first_of(".e", begin) == std::string::npos) line_ += ".0";
    }
    void operator()(std::int64_t number) const { add_digits(number); }
    void operator()(std::string const& text) const {
        line_ += '"';
        add_escaped(line_, text, special_in_texts);
        line_ += '"';
    }

  private:
    void add_digits(auto number) const {
        std::array<char, 32> digits{};
        line_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
    }

    std::string& line_;
};

}  // namespace

std::variant<std::string, Refusal> to_line(StoredRow const& row, Texts texts) {
    for (auto const* name : {&row.base, &row.device, &row.channel}) {
        if (is_writable(*name)) continue;
        return Refusal{Reason::output,
                       fmt::format("line protocol cannot have the name {}", bridge::quote(*name, 80))};
    }
    constexpr std::size_t usual_size = 300;
    std::string line;
    line.reserve(usual_size);
    add_escaped(line, row.base, special_in_measurements);
    for (auto const& [tag, value] :
         {std::pair(",device=", &row.device), std::pair(",channel=", &row.channel)}) {
        if (value->empty()) continue;
        line += tag;
        add_escaped(line, *value, special_in_names);
    }
    AddValue const add_value(line);
    char separator = ' ';
    for (auto const& field : row.fields) {
        if (!is_sent(field.value, texts)) continue;
        if (!is_writable(field.name)) {
            return Refusal{Reason::output, fmt::format("line protocol cannot have the field name {}",
                                                       bridge::quote(field.name, 80))};
        }
        line += std::exchange(separator, ',');
        add_field_key(line, field.name, row.fields);
        line += '=';
        std::visit(add_value, field.value);
    }
    if (separator == ' ') return std::string();
    line += ' ';
    add_value(row.ts);
    line += '\n';
    return line;
}

}  // namespace sink
