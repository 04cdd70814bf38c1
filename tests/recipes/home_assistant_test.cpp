// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "catch.hpp"

#include <yaml-cpp/yaml.h>

using namespace test;

namespace {

/// What Home Assistant's page on MQTT sensors and binary sensors lists, as far as the recipe uses it.
std::set<std::string> const known_keys = {
    "name",
    "unique_id",
    "state_topic",
    "value_template",
    "unit_of_measurement",
    "device_class",
    "state_class",
    "expire_after",
    "availability_mode",
    "availability",
    "device",
    "payload_on",
    "payload_off",
    "suggested_display_precision",
};

std::string text(YAML::Node const& entity, std::string const& key) {
    return entity[key] ? entity[key].as<std::string>() : "";
}

/// The field that a template shows, and leaves unknown where a reading lacks it.
std::string shown_field(std::string const& value_template) {
    if (value_template == "{{ as_datetime(value_json.ts / 1000) }}") return "ts";
    auto const guarded = matches(value_template, R"(^\{\{ value_json\.(\w+) \| default\(none\) \}\}$)");
    return guarded.empty() ? "" : guarded.front().at(1);
}

void check(Suite const& suite, YAML::Node const& entity) {
    INFO(entity);
    for (auto const& member : entity) CHECK(known_keys.contains(member.first.as<std::string>()));
    CHECK_FALSE(text(entity, "name").empty());
    auto const field = shown_field(text(entity, "value_template"));
    CHECK(suite.publishes(text(entity, "state_topic"), field));
    CHECK(text(entity, "availability_mode") == "all");
    REQUIRE(entity["availability"].size() == 2);
    for (auto const& one : entity["availability"]) CHECK(suite.says_online(text(one, "topic")));
    CHECK((!entity["device"] || entity["device"]["identifiers"].size() == 1));
    // A counter that was a measurement would be refused.
    if (field.ends_with("_kwh")) {
        CHECK(text(entity, "device_class") == "energy");
        CHECK(text(entity, "state_class") == "total_increasing");
    }
}

}  // namespace

TEST_CASE("the recipe for Home Assistant shows what is published and nothing that is not known") {
    TempFolder const folder;
    Suite const suite(folder);
    auto const code = shown_code("recipes/home-assistant.md", "yaml");
    REQUIRE(code.size() == 1);
    auto const mqtt = YAML::Load(code.front())["mqtt"];
    std::set<std::string> ids;
    std::size_t entities = 0;
    for (auto const& platform : mqtt) {
        auto const name = platform.first.as<std::string>();
        CHECK((name == "sensor" || name == "binary_sensor"));
        for (auto const& entity : platform.second) {
            check(suite, entity);
            ids.insert(text(entity, "unique_id"));
            ++entities;
        }
    }
    CHECK(entities > 8);
    CHECK(ids.size() == entities);
}
