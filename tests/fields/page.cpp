// SPDX-License-Identifier: MIT
#include "page.hpp"

#include "schema.hpp"

#include <bridge/command.hpp>

#include <fmt/format.h>

#include <map>
#include <sstream>

namespace test {

namespace {

using bridge::Field;

constexpr std::string_view head = R"(# Fields

All fields that the bridges publish, made from the programs' own tables (`cmake --build build/dev --target fields_page`): change
those, not this page. A field keeps its name, its unit and its JSON type for ever; what is not known is absent. Which topics there
are is in [topics.md](topics.md).

JSON: a `number` always has a fraction or an exponent (`50.0`), an `integer` never; *0/1* is an integer that says no or yes, *code* one
that stands for a state, whose text is the field beside it, *time* whole unix seconds. Every reading also has `ts`, when it was measured
(unix milliseconds, UTC), and `seq`, its number; both are integers.

Device class and state class are Home Assistant's. The column Home Assistant says what becomes of a field there: *on*, *off* (there, and
not shown before it is asked for) or nothing (-). What can be set is so only where its bridge is allowed to ([topics.md](topics.md)).
)";

std::string type_of(Field const& field) {
    switch (field.kind) {
        case Field::Kind::flag:
            return "0/1";
        case Field::Kind::code:
            return "code";
        case Field::Kind::unix_time:
            return "time";
        case Field::Kind::decimal:
        case Field::Kind::whole:
        case Field::Kind::text:
            break;
    }
    return std::string(bridge::json_type(field));
}

std::string_view shown(Field const& field) {
    switch (field.entity) {
        case Field::Entity::on:
            return "on";
        case Field::Entity::off:
            return "off";
        case Field::Entity::none:
            break;
    }
    return "-";
}

/// What it says, and how it can be set.
std::string meaning(Field const& field) {
    if (!field.settable) return field.meaning;
    return fmt::format("{} Can be set, as `{}`: {}.", field.meaning, field.settable->name,
                       bridge::range_text(field));
}

std::string row(Field const& field) {
    return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", field.name, type_of(field),
                       bridge::unit_symbol(field), bridge::device_class(field), bridge::state_class(field),
                       shown(field), meaning(field));
}

/// The rows of a page by topic and field.
std::map<std::string, std::string> rows_of(std::string_view page) {
    std::map<std::string, std::string> rows;
    std::istringstream lines{std::string(page)};
    std::string topic;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("### ")) topic = line.substr(4);
        if (!line.starts_with("| `")) continue;
        auto const end = line.find('`', 3);
        if (end != std::string::npos) rows[topic + " " + line.substr(3, end - 3)] = line;
    }
    return rows;
}

}  // namespace

std::string fields_page(std::vector<ProgramTable> const& tables) {
    std::string page(head);
    for (auto const& table : tables) {
        page += fmt::format("\n## {0}\n\nMore about it: [{0}](devices/{0}.md).\n", table.program);
        for (auto const& channel : channels_of(table)) {
            page += fmt::format(
                "\n### `{0}`\n\nIts JSON Schema: [{1}](schemas/{1}).\n\n"
                "| field | JSON | unit | device class | state class | Home Assistant | meaning |\n"
                "|---|---|---|---|---|---|---|\n",
                topic_of(table, channel), schema_file(table, channel));
            for (auto const& field : table.fields) {
                if (field.channel == channel) page += row(field);
            }
        }
    }
    return page;
}

std::vector<std::string> page_differences(std::string_view should_be, std::string_view is) {
    auto const wanted = rows_of(should_be);
    auto const found = rows_of(is);
    std::vector<std::string> differences;
    for (auto const& [field, line] : wanted) {
        auto const there = found.find(field);
        if (there == found.end()) {
            differences.push_back(field + " is not on the page");
        } else if (there->second != line) {
            differences.push_back(
                fmt::format("{} is on the page as\n{}\nand in the table as\n{}", field, there->second, line));
        }
    }
    for (auto const& [field, line] : found) {
        if (!wanted.contains(field)) differences.push_back(field + " is on the page and in no table");
    }
    return differences;
}

}  // namespace test
