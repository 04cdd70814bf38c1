// SPDX-License-Identifier: MIT
#include "line_protocol.hpp"

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sink {

namespace {

bool is_writable(std::string_view name) {
    return std::ranges::none_of(name, [](char c) {
        return c == '\\' || c == '"' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
}

std::string escaped(std::string_view text, std::string_view special) {
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string escaped_name(std::string_view name) { return escaped(name, ",= "); }

bool is_taken(std::string_view name) { return name == "device" || name == "channel" || name == "time"; }

/// The name itself, or where that is taken, with the first free number behind it.
std::string field_key(std::string_view name, std::vector<bridge::Reading> const& others) {
    if (!is_taken(name)) return escaped_name(name);
    int number = 2;
    auto const numbered = [&] { return fmt::format("{}_{}", name, number); };
    while (std::ranges::find(others, numbered(), &bridge::Reading::name) != others.end()) ++number;
    return numbered();
}

/// Empty: nothing to be sent.
struct ToField {
    Texts texts;
    std::string operator()(double number) const { return bridge::format_number(number); }
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(std::string const& text) const {
        return texts == Texts::leave_out ? std::string() : '"' + escaped(text, "\"\\") + '"';
    }
};

}  // namespace

std::variant<std::string, Refusal> to_line(StoredRow const& row, Texts texts) {
    for (auto const* name : {&row.base, &row.device, &row.channel}) {
        if (is_writable(*name)) continue;
        return Refusal{Reason::output,
                       fmt::format("line protocol cannot have the name {}", bridge::quote(*name, 80))};
    }
    std::string fields;
    for (auto const& field : row.fields) {
        std::string const value = std::visit(ToField{texts}, field.value);
        if (value.empty()) continue;
        if (!is_writable(field.name)) {
            return Refusal{Reason::output, fmt::format("line protocol cannot have the field name {}",
                                                       bridge::quote(field.name, 80))};
        }
        fields += fmt::format("{}{}={}", fields.empty() ? "" : ",", field_key(field.name, row.fields), value);
    }
    if (fields.empty()) return std::string();
    std::string line = escaped(row.base, ", ");
    if (!row.device.empty()) line += ",device=" + escaped_name(row.device);
    if (!row.channel.empty()) line += ",channel=" + escaped_name(row.channel);
    return line + fmt::format(" {} {}\n", fields, row.ts);
}

}  // namespace sink
