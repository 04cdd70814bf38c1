// SPDX-License-Identifier: MIT
// By the letter of the Homie convention, version 4.0.0.
#include <bridge/homie.hpp>

#include "catch.hpp"

#include <algorithm>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

using namespace bridge;

namespace {

using Kind = Field::Kind;
using Texts = std::map<std::string, std::string>;

HouseDevice const pump{"pump2mqtt", "1.2.3", "pump", "cellar", {"Heat pump", "Wärmepumpe", "heatpump"}};
FieldTable const table = {
    {.name = "flow_temperature_c", .english = "Flow", .german = "Vorlauf"},
    {.name = "compressor", .kind = Kind::flag, .english = "Compressor", .german = "Verdichter"},
    {.name = "mode_code", .kind = Kind::code, .entity = Field::Entity::none},
    {.name = "mode_text", .kind = Kind::text, .english = "Operation", .german = "Betrieb"},
    {.name = "started_s",
     .kind = Kind::unix_time,
     .entity = Field::Entity::off,
     .english = "Started",
     .german = "Gestartet"},
    {.channel = "10s", .name = "power_w", .kind = Kind::whole, .english = "Power", .german = "Leistung"},
};
Homie const homie("homie", Language::english);

Texts by_topic(std::vector<Announcement> const& all) {
    Texts texts;
    for (auto const& one : all) CHECK(texts.emplace(one.topic, one.payload).second);
    return texts;
}

std::vector<std::string> split(std::string const& list) {
    std::vector<std::string> parts;
    std::istringstream in(list);
    for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
    return parts;
}

bool is_id(std::string const& text) {
    return std::regex_match(text, std::regex("[a-z0-9]([a-z0-9-]*[a-z0-9])?"));
}

/// What the convention asks of a device's attributes; takes each topic that it knows out of `texts`.
void check_device(Texts& texts, std::string const& id) {
    CHECK(is_id(id));
    auto const taken = [&](std::string const& topic) {
        auto const found = texts.extract("homie/" + id + "/" + topic);
        INFO(topic);
        REQUIRE_FALSE(found.empty());
        return found.mapped();
    };
    CHECK(taken("$homie") == "4.0.0");
    CHECK_FALSE(taken("$name").empty());
    CHECK(taken("$extensions").empty());
    (void)taken("$implementation");
    for (auto const& node : split(taken("$nodes"))) {
        CHECK(is_id(node));
        CHECK_FALSE(taken(node + "/$name").empty());
        CHECK_FALSE(taken(node + "/$type").empty());
        auto const properties = split(taken(node + "/$properties"));
        CHECK_FALSE(properties.empty());
        for (auto const& property : properties) {
            CHECK(is_id(property));
            CHECK_FALSE(taken(node + "/" + property + "/$name").empty());
            auto const type = taken(node + "/" + property + "/$datatype");
            CHECK((type == "integer" || type == "float" || type == "boolean" || type == "string"));
            // Read-only, retained and without a format are the defaults.
            (void)texts.extract("homie/" + id + "/" + node + "/" + property + "/$unit");
        }
    }
}

std::optional<std::string> value(std::string const& name, Value const& value,
                                 std::string const& channel = "") {
    auto const found = homie.value(pump, table, channel, {name, value});
    return found ? std::optional(found->payload) : std::nullopt;
}

}  // namespace

TEST_CASE("a device has all attributes of the convention and no other topics") {
    auto texts = by_topic(homie.attributes(pump, table));
    CHECK(texts["homie/pump-cellar/$nodes"] == "reading,10s");
    CHECK(texts["homie/pump-cellar/reading/$properties"] ==
          "flow-temperature-c,compressor,mode-text,started-s");
    CHECK(texts["homie/pump-cellar/reading/flow-temperature-c/$datatype"] == "float");
    CHECK(texts["homie/pump-cellar/reading/flow-temperature-c/$unit"] == "°C");
    CHECK(texts["homie/pump-cellar/reading/compressor/$datatype"] == "boolean");
    CHECK(texts["homie/pump-cellar/reading/started-s/$datatype"] == "integer");
    CHECK(texts["homie/pump-cellar/10s/power-w/$name"] == "Power");
    CHECK(texts["homie/pump-cellar/10s/power-w/$datatype"] == "integer");
    check_device(texts, "pump-cellar");
    CHECK(texts == Texts{});
    auto const german = by_topic(Homie("homie", Language::german).attributes(pump, table));
    CHECK(german.at("homie/pump-cellar/$name") == "Wärmepumpe cellar");
}

TEST_CASE("ids are of small letters, digits and hyphens, and no two devices have one") {
    std::set<std::string> ids;
    for (auto const* name : {"a-b", "a_b", "A_b", "a", "-a", "a-", "_a", "A", "--", "_"}) {
        HouseDevice device = pump;
        device.name = name;
        auto const id = Homie::id(device);
        INFO(id);
        CHECK(is_id(id));
        CHECK(ids.insert(id).second);
    }
}

TEST_CASE("values are as the convention writes them, and what is no value of its type is none") {
    CHECK(homie.value(pump, table, "", {"flow_temperature_c", 21.5}) ==
          Announcement{"homie/pump-cellar/reading/flow-temperature-c", "21.5"});
    CHECK(homie.value(pump, table, "10s", {"power_w", std::int64_t{7}}) ==
          Announcement{"homie/pump-cellar/10s/power-w", "7"});
    CHECK(value("compressor", std::int64_t{1}) == "true");
    CHECK(value("compressor", std::int64_t{0}) == "false");
    CHECK_FALSE(value("compressor", std::int64_t{2}));
    CHECK(value("flow_temperature_c", 1e300) == "1e300");
    CHECK_FALSE(value("flow_temperature_c", std::numeric_limits<double>::infinity()));
    CHECK(value("mode_text", std::string("heating")) == "heating");
    CHECK_FALSE(value("mode_text", 1.5));
    CHECK_FALSE(value("flow_temperature_c", std::string("warm")));
    CHECK_FALSE(value("started_s", 1.5));
    CHECK_FALSE(value("mode_code", std::int64_t{1}));
    CHECK_FALSE(value("of_no_table", std::int64_t{1}));
    CHECK(homie.state(pump, Homie::State::alert) == Announcement{"homie/pump-cellar/$state", "alert"});
    CHECK(homie.state(pump, Homie::State::disconnected).payload == "disconnected");
}

TEST_CASE("a device of ours that is no more is taken back to its last topic, nobody else's is touched") {
    auto kept = by_topic(homie.attributes(pump, table));
    kept["homie/other/$implementation"] = "pump2mqtt pump2";
    kept["homie/other/reading/$properties"] = "a,b";
    kept["homie/esp/node/$properties"] = "a";
    auto const plan = homie.plan({"pump2mqtt", "pump"}, {}, true, kept);
    auto const taken = by_topic(plan.take_back);
    for (auto const& [topic, payload] : taken) CHECK(payload.empty());
    for (auto const& one : homie.attributes(pump, table)) {
        INFO(one.topic);
        CHECK(taken.contains(one.topic));
    }
    CHECK(taken.contains("homie/pump-cellar/$state"));
    CHECK(taken.contains("homie/pump-cellar/reading/mode-text"));
    CHECK(std::all_of(taken.begin(), taken.end(),
                      [](auto const& one) { return one.first.starts_with("homie/pump-cellar/"); }));
    CHECK(homie.plan({"pump2mqtt", "pump"}, {}, false, kept).take_back.empty());
}

TEST_CASE("of a device that stays only properties that are no more are taken back") {
    auto const kept = by_topic(homie.attributes(pump, table));
    auto const fewer = FieldTable(table.begin() + 1, table.end());
    auto const wanted = homie.attributes(pump, fewer);
    auto const plan = homie.plan({"pump2mqtt", "pump"}, {{"pump-cellar", wanted}}, true, kept);
    auto const taken = by_topic(plan.take_back);
    std::string const gone = "homie/pump-cellar/reading/flow-temperature-c";
    for (auto const* attribute : {"", "/$name", "/$datatype", "/$unit"})
        CHECK(taken.contains(gone + attribute));
    // Of those that stay at most what they have not.
    for (auto const& [topic, payload] : taken) {
        INFO(topic);
        CHECK((topic.starts_with(gone) || topic.ends_with("/$unit")));
        for (auto const& one : wanted) CHECK(one.topic != topic);
    }
    CHECK(plan.foreign.empty());
}

TEST_CASE("a device id in other hands is left to them") {
    Texts const kept = {{"homie/pump-cellar/$implementation", "esp8266"}};
    auto const plan =
        homie.plan({"pump2mqtt", "pump"}, {{"pump-cellar", homie.attributes(pump, table)}}, true, kept);
    CHECK(plan.take_back.empty());
    CHECK(plan.foreign == std::vector<std::string>{"pump-cellar"});
}
