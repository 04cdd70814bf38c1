// SPDX-License-Identifier: MIT
#include <bridge/discovery.hpp>

#include "catch.hpp"
#include "support/discovery_validator.hpp"

#include <nlohmann/json.hpp>

using namespace bridge;
using namespace std::chrono_literals;

namespace {

using Json = nlohmann::json;
using Announcements = std::vector<Announcement>;
using Kept = std::map<std::string, std::string>;
using Kind = Field::Kind;
using Course = Field::Course;
using Entity = Field::Entity;

HouseDevice const pump{"pump2mqtt",
                       "1.2.3",
                       "pump",
                       "cellar",
                       {"Heat pump", "Wärmepumpe", "heatpump", "Some maker", "Some model"}};
FieldTable const table = {
    {.name = "flow_temperature_c", .english = "Flow", .german = "Vorlauf", .decimals = 1},
    {.name = "heat_kwh", .course = Course::total_increasing, .english = "Heat", .german = "Wärme"},
    {.name = "compressor", .kind = Kind::flag, .english = "Compressor", .german = "Verdichter"},
    {.name = "mode_code", .kind = Kind::code, .entity = Entity::none},
    {.name = "mode_text", .kind = Kind::text, .english = "Operation", .german = "Betrieb"},
    {.name = "started_s",
     .kind = Kind::unix_time,
     .entity = Entity::off,
     .diagnostic = true,
     .english = "Started",
     .german = "Gestartet"},
    {.channel = "parameters",
     .name = "limit_w",
     .kind = Kind::whole,
     .course = Course::fixed,
     .english = "Limit",
     .german = "Grenze"},
};
DiscoveryOwner const owner{"homeassistant", "pump2mqtt", "pump"};
Retention const fast{.stale_after = 90s};
std::string const topic = "homeassistant/device/pump_cellar/config";

std::string config(FieldTable const& fields = table, Language language = Language::english) {
    return discovery_config(pump, fields, language, fast);
}

/// As somebody else would say it.
std::string const foreign =
    R"({"device":{"identifiers":["x"]},"origin":{"name":"zigbee2mqtt"},"components":{}})";

}  // namespace

TEST_CASE("a device's configuration says all that Home Assistant needs and nothing that it refuses") {
    CHECK(discovery_topic("homeassistant", pump) == topic);
    test::DiscoveryValidator validator({.retained = {"pump/cellar/parameters"}});
    CHECK(validator.judge(topic, config()) == std::vector<std::string>{});
    auto const json = Json::parse(config());
    CHECK(json["device"] == Json::parse(R"({"identifiers":["pump_cellar"],"name":"Heat pump cellar",
        "manufacturer":"Some maker","model":"Some model"})"));
    CHECK(json["origin"] == Json::parse(R"({"name":"pump2mqtt","sw_version":"1.2.3"})"));
    CHECK(json["availability"] ==
          Json::parse(R"([{"topic":"pump/bridge/state"},{"topic":"pump/cellar/availability"}])"));
    CHECK(json["availability_mode"] == "all");
    CHECK(json["state_topic"] == "pump/cellar");
    CHECK(json["qos"] == 1);
    CHECK(json.size() == 7);
    auto const& entities = json["components"];
    CHECK(entities.size() == 6);
    CHECK(entities["flow_temperature_c"] == Json::parse(R"({"p":"sensor",
        "uniq_id":"pump_cellar_flow_temperature_c","def_ent_id":"sensor.pump_cellar_flow_temperature_c",
        "name":"Flow","dev_cla":"temperature","unit_of_meas":"°C","stat_cla":"measurement",
        "sug_dsp_prc":1,"exp_aft":90,"qos":1,
        "val_tpl":"{{ value_json.flow_temperature_c|d(None) }}"})"));
    CHECK(entities["heat_kwh"]["stat_cla"] == "total_increasing");
    CHECK(entities["heat_kwh"]["dev_cla"] == "energy");
}

TEST_CASE("each kind of field is the entity that it can be") {
    auto const entities = Json::parse(config())["components"];
    auto const& compressor = entities["compressor"];
    CHECK(compressor["p"] == "binary_sensor");
    CHECK(compressor["pl_on"] == "1");
    CHECK(compressor["pl_off"] == "0");
    CHECK_FALSE(compressor.contains("stat_cla"));
    auto const& mode = entities["mode_text"];
    for (auto const* key : {"unit_of_meas", "stat_cla", "dev_cla"}) CHECK_FALSE(mode.contains(key));
    auto const& started = entities["started_s"];
    CHECK(started["dev_cla"] == "timestamp");
    CHECK(started["val_tpl"] ==
          "{{ as_datetime(value_json.started_s).isoformat() if value_json.started_s is defined else None }}");
    CHECK_FALSE(started.contains("unit_of_meas"));
    CHECK(started["ent_cat"] == "diagnostic");
    CHECK(started["en"] == false);
    auto const& limit = entities["parameters_limit_w"];
    CHECK(limit["stat_t"] == "pump/cellar/parameters");
    CHECK(limit["uniq_id"] == "pump_cellar_parameters_limit_w");
    CHECK_FALSE(limit.contains("stat_cla"));
    CHECK_FALSE(limit.contains("exp_aft"));
}

TEST_CASE("what can be set is a number, a select or a switch that shows what the device has") {
    FieldTable const settable = {
        {.channel = "parameters",
         .name = "setpoint_c",
         .course = Course::fixed,
         .entity = Entity::off,
         .english = "Setpoint",
         .german = "Sollwert",
         .settable = Settable{"setpoint", 30, 65, 0.5}},
        {.channel = "parameters",
         .name = "mode_text",
         .kind = Kind::text,
         .course = Course::fixed,
         .english = "Mode",
         .german = "Betriebsart",
         .settable = Settable{.name = "mode", .options = {"Automatic", "Off"}}},
        {.channel = "parameters",
         .name = "reheating",
         .kind = Kind::flag,
         .course = Course::fixed,
         .english = "Reheating",
         .german = "Nachheizung",
         .settable = Settable{.name = "reheating"}},
    };
    test::DiscoveryValidator validator({.retained = {"pump/cellar/parameters"}});
    CHECK(validator.judge(topic, config(settable)) == std::vector<std::string>{});
    CHECK(Json::parse(config(settable))["components"] == Json::parse(R"({
        "parameters_setpoint_c":{"p":"number","uniq_id":"pump_cellar_parameters_setpoint_c",
            "def_ent_id":"number.pump_cellar_parameters_setpoint_c","name":"Setpoint",
            "stat_t":"pump/cellar/parameters",
            "val_tpl":"{{ value_json.setpoint_c|d(None) }}",
            "cmd_t":"pump/cellar/set/setpoint","min":30.0,"max":65.0,"step":0.5,
            "mode":"box","dev_cla":"temperature","unit_of_meas":"°C","ent_cat":"config","qos":1},
        "parameters_mode_text":{"p":"select","uniq_id":"pump_cellar_parameters_mode_text",
            "def_ent_id":"select.pump_cellar_parameters_mode_text","name":"Mode",
            "stat_t":"pump/cellar/parameters",
            "val_tpl":"{{ value_json.mode_text|d(None) }}",
            "cmd_t":"pump/cellar/set/mode","ops":["Automatic","Off"],
            "ent_cat":"config","qos":1},
        "parameters_reheating":{"p":"switch","uniq_id":"pump_cellar_parameters_reheating",
            "def_ent_id":"switch.pump_cellar_parameters_reheating","name":"Reheating",
            "stat_t":"pump/cellar/parameters",
            "val_tpl":"{{ value_json.reheating|d(None) }}",
            "cmd_t":"pump/cellar/set/reheating","pl_on":"1","pl_off":"0",
            "ent_cat":"config","qos":1}})"));
}

TEST_CASE("what may be set no more is removed as such, and becomes what only shows it") {
    FieldTable fields = {{.channel = "parameters",
                          .name = "setpoint_c",
                          .course = Course::fixed,
                          .english = "Setpoint",
                          .settable = Settable{"setpoint", 30, 65, 0.5}}};
    auto const before = config(fields);
    fields.front().settable.reset();
    auto const plan = plan_discovery(owner, {{topic, config(fields)}}, true, {{topic, before}}).send;
    REQUIRE(plan.size() == 2);
    CHECK(Json::parse(plan[0].payload)["components"]["parameters_setpoint_c"] ==
          Json::parse(R"({"p":"number"})"));
    CHECK(plan[1] == Announcement{topic, config(fields)});
    CHECK(Json::parse(plan[1].payload)["components"]["parameters_setpoint_c"]["p"] == "sensor");
}

TEST_CASE("what may be set is among those that are shown") {
    FieldTable many;
    for (int i = 0; i < 40; ++i)
        many.push_back({.name = "value_" + std::to_string(i), .english = "N" + std::to_string(i)});
    many.back().settable = Settable{"last", 0, 1, 1};
    std::size_t shown = 0;
    auto const json = Json::parse(config(many));
    for (auto const& [key, entity] : json["components"].items()) shown += entity.contains("en") ? 0 : 1;
    CHECK(shown == 30);
    CHECK_FALSE(json["components"]["value_39"].contains("en"));
}

TEST_CASE("names are in the language that was asked for, ids are not") {
    auto const english = Json::parse(config()), german = Json::parse(config(table, Language::german));
    CHECK(german["device"]["name"] == "Wärmepumpe cellar");
    CHECK(german["components"]["heat_kwh"]["name"] == "Wärme");
    for (auto const& [key, entity] : english["components"].items()) {
        CHECK(german["components"][key]["uniq_id"] == entity["uniq_id"]);
        CHECK(german["components"][key]["def_ent_id"] == entity["def_ent_id"]);
    }
}

TEST_CASE("of many fields 30 are shown from the start") {
    FieldTable many;
    for (int i = 0; i < 40; ++i)
        many.push_back({.name = "value_" + std::to_string(i), .english = "N" + std::to_string(i)});
    std::size_t shown = 0;
    auto const json = Json::parse(config(many));
    for (auto const& [key, entity] : json["components"].items()) shown += entity.contains("en") ? 0 : 1;
    CHECK(shown == 30);
    CHECK(config({{.name = "secret_w", .entity = Entity::none}}).empty());
}

TEST_CASE("a configuration is sent where there is none, and not where it is there already") {
    CHECK(plan_discovery(owner, {{topic, config()}}, true, {}).send == Announcements{{topic, config()}});
    CHECK(plan_discovery(owner, {{topic, config()}}, true, {{topic, config()}}).send.empty());
}

TEST_CASE("an entity that is no more is removed before the new configuration") {
    auto const fewer = FieldTable(table.begin() + 1, table.end());
    auto const plan = plan_discovery(owner, {{topic, config(fewer)}}, true, {{topic, config()}}).send;
    REQUIRE(plan.size() == 2);
    auto reduced = Json::parse(plan[0].payload);
    CHECK(reduced["components"]["flow_temperature_c"] == Json::parse(R"({"p":"sensor"})"));
    reduced["components"].erase("flow_temperature_c");
    CHECK(reduced == Json::parse(config(fewer)));
    CHECK(plan[1] == Announcement{topic, config(fewer)});
    // One that is of another kind now goes first, too.
    auto changed = table;
    changed.front().kind = Kind::flag;
    auto const other = plan_discovery(owner, {{topic, config(changed)}}, true, {{topic, config()}}).send;
    REQUIRE(other.size() == 2);
    CHECK(Json::parse(other[0].payload)["components"]["flow_temperature_c"] ==
          Json::parse(R"({"p":"sensor"})"));
}

TEST_CASE("what is ours and of no device any more is taken back, nobody else's is touched") {
    HouseDevice gone = pump, other_base = pump;
    gone.name = "attic";
    other_base.base = "pump2";
    auto const of = [](HouseDevice const& device) {
        return discovery_config(device, table, Language::english, fast);
    };
    std::string const attic = "homeassistant/device/pump_attic/config";
    Kept const kept = {{attic, of(gone)},
                       {"homeassistant/device/0x1234/config", foreign},
                       {"homeassistant/device/pump_x/config", "{\"origin\":{\"name\":\"pump2mqtt\"}}"},
                       {"homeassistant/device/pump_y/config", "{broken pump2mqtt"},
                       {"homeassistant/device/pump_z/config", "pump2mqtt"},
                       {"homeassistant/device/pump_v/config", "[[\"pump2mqtt\"],1]"},
                       {"homeassistant/device/pump2_cellar/config", of(other_base)},
                       {"homeassistant/sensor/pump_attic/flow/config", foreign},
                       {"homeassistant/device/pump_attic/extra/config", of(gone)}};
    CHECK(plan_discovery(owner, {{topic, config()}}, true, kept).send ==
          Announcements{{attic, ""}, {topic, config()}});
    CHECK(plan_discovery(owner, {}, true, kept).send == Announcements{{attic, ""}});
    // Where devices name themselves, one that was not heard of yet may come.
    CHECK(plan_discovery(owner, {}, false, kept).send.empty());
}

TEST_CASE("what somebody else said on our topic stays, whatever it is") {
    for (std::string const& payload :
         {foreign, std::string("{broken"), std::string(300000, 'x'),
          std::string("{\"origin\":{\"name\":\"pump2mqtt\"}}"), std::string("null"),
          std::string("{\"o\":5,\"availability\":{\"pump2mqtt\":1}}")}) {
        auto const plan = plan_discovery(owner, {{topic, config()}}, true, {{topic, payload}});
        CHECK(plan.send.empty());
        CHECK(plan.foreign == std::vector<std::string>{topic});
    }
}

TEST_CASE("our configurations are known by their abbreviations, too") {
    std::string const old = R"({"o":{"name":"pump2mqtt"},"avty":[{"t":"pump/bridge/state"}],)"
                            R"("cmps":{"gone":{"p":"sensor","uniq_id":"x"}}})";
    auto const plan = plan_discovery(owner, {{topic, config()}}, true, {{topic, old}}).send;
    REQUIRE(plan.size() == 2);
    CHECK(Json::parse(plan[0].payload)["components"]["gone"] == Json::parse(R"({"p":"sensor"})"));
}

TEST_CASE("entities that were announced one by one move to their device, others stay") {
    std::string const flow = "homeassistant/sensor/pump_cellar/flow/config",
                      heat = "homeassistant/sensor/pump_cellar/heat/config",
                      left = "homeassistant/binary_sensor/pump_cellar/compressor/config";
    Kept const kept = {{flow, R"({"o":{"name":"pump2mqtt"},"uniq_id":"pump_cellar_flow_temperature_c"})"},
                       {heat, R"({"origin":{"name":"pump2mqtt"}})"},
                       {left, R"({"migrate_discovery": true})"},
                       {"homeassistant/sensor/pump_cellar/other/config", R"({"o":{"name":"somebody"}})"},
                       {"homeassistant/sensor/pump_cellar2/flow/config", R"({"o":{"name":"pump2mqtt"}})"}};
    std::string const migrate = R"({"migrate_discovery": true})";
    CHECK(plan_discovery(owner, {{topic, config()}}, true, kept).send == Announcements{{left, migrate},
                                                                                       {flow, migrate},
                                                                                       {heat, migrate},
                                                                                       {topic, config()},
                                                                                       {left, ""},
                                                                                       {flow, ""},
                                                                                       {heat, ""}});
    CHECK(discovery_filters("homeassistant", {"pump_cellar"}) ==
          std::vector<std::string>{"homeassistant/device/+/config", "homeassistant/+/pump_cellar/+/config"});
}
