// SPDX-License-Identifier: MIT
// What holds for the table of fields of every program.
#include "catch.hpp"
#include "tables.hpp"

#include <bridge/topic_name.hpp>
#include <bridge/unit.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using namespace test;
using bridge::Field;

namespace {

constexpr std::size_t most_shown = 30;

/// Gives every field of every program to `check`.
template <class Check>
void for_each_field(Check const& check) {
    auto const tables = program_tables();
    REQUIRE(tables.size() >= 4);
    for (auto const& table : tables) {
        INFO(table.program);
        CHECK_FALSE(table.fields.empty());
        for (auto const& field : table.fields) {
            INFO(field.channel << " " << field.name);
            check(field);
        }
    }
}

bool is_name(std::string const& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

TEST_CASE("a field's name has small letters, digits and underscores, and its channel is a level of a topic") {
    for_each_field([](Field const& field) {
        CHECK(is_name(field.name));
        CHECK((field.channel.empty() || bridge::topic_name(field.channel) == field.channel));
        CHECK(field.name != "ts");
        CHECK(field.name != "seq");
    });
}

TEST_CASE("a name is there once in a channel") {
    for (auto const& table : program_tables()) {
        INFO(table.program);
        std::set<std::pair<std::string, std::string>> seen;
        for (auto const& field : table.fields) {
            INFO(field.name);
            CHECK(seen.emplace(field.channel, field.name).second);
        }
    }
}

TEST_CASE("a name is of one type in all channels of a program") {
    for (auto const& table : program_tables()) {
        INFO(table.program);
        std::map<std::string, std::string_view> types;
        for (auto const& field : table.fields) {
            INFO(field.name);
            CHECK(types.try_emplace(field.name, bridge::json_type(field)).first->second ==
                  bridge::json_type(field));
        }
    }
}

TEST_CASE("the end of a name says what it is: its unit, a code, a text") {
    // Numbers that have none, or one that only the device knows.
    std::set<std::string> const without_unit = {"reboot_countdown", "oli_u", "power_saving_code",
                                                "screed_drying_stage_level"};
    auto const is_ratio = [](std::string const& name) {
        return name.starts_with("cop") || name.starts_with("life_cop");
    };
    for_each_field([&](Field const& field) {
        switch (field.kind) {
            case Field::Kind::decimal:
                CHECK((bridge::unit_of(field.name) != nullptr || without_unit.contains(field.name) ||
                       is_ratio(field.name)));
                break;
            case Field::Kind::whole:
                CHECK((bridge::unit_of(field.name) != nullptr || field.name.ends_with("_count") ||
                       without_unit.contains(field.name)));
                break;
            case Field::Kind::code:
                CHECK(field.name.ends_with("_code"));
                break;
            case Field::Kind::text:
                CHECK((field.name.ends_with("_text") || field.name == "name"));
                break;
            case Field::Kind::unix_time:
                CHECK(field.name.ends_with("_s"));
                break;
            case Field::Kind::flag:
                CHECK(bridge::unit_of(field.name) == nullptr);
                break;
        }
    });
}

TEST_CASE("a code has its text beside it") {
    for (auto const& table : program_tables()) {
        for (auto const& field : table.fields) {
            if (field.kind != Field::Kind::code) continue;
            INFO(table.program << " " << field.name);
            std::string const text = field.name.substr(0, field.name.rfind("_code")) + "_text";
            CHECK(std::any_of(table.fields.begin(), table.fields.end(), [&](Field const& other) {
                return other.channel == field.channel && other.name == text;
            }));
        }
    }
}

TEST_CASE("a field has a sentence, and what people see of it has a name in English and in German") {
    for_each_field([](Field const& field) {
        CHECK(field.meaning.ends_with('.'));
        if (field.entity == Field::Entity::none) return;
        CHECK_FALSE(field.english.empty());
        CHECK_FALSE(field.german.empty());
    });
}

TEST_CASE("the fields of a device that people see have different names") {
    for (auto const& table : program_tables()) {
        INFO(table.program);
        std::set<std::string> english, german;
        for (auto const& field : table.fields) {
            if (field.entity == Field::Entity::none) continue;
            INFO(field.name);
            CHECK(english.insert(field.english).second);
            CHECK(german.insert(field.german).second);
        }
    }
}

TEST_CASE("at most 30 fields of a device are shown from the start, and at least one") {
    for (auto const& table : program_tables()) {
        INFO(table.program);
        auto const shown = static_cast<std::size_t>(
            std::count_if(table.fields.begin(), table.fields.end(),
                          [](Field const& f) { return f.entity == Field::Entity::on; }));
        CHECK(shown >= 1);
        CHECK(shown <= most_shown);
    }
}

TEST_CASE("energy is never measured, it is counted") {
    for_each_field([](Field const& field) {
        if (bridge::device_class(field) != "energy") return;
        CHECK((bridge::state_class(field) == "total" || bridge::state_class(field) == "total_increasing"));
    });
}

TEST_CASE("only what is a quantity has statistics or a unit") {
    for_each_field([](Field const& field) {
        bool const quantity = field.kind == Field::Kind::decimal || field.kind == Field::Kind::whole;
        if (quantity) return;
        CHECK(bridge::state_class(field).empty());
        CHECK(bridge::unit_symbol(field).empty());
    });
}
