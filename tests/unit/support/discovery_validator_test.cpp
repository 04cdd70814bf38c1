// SPDX-License-Identifier: MIT
#include "support/discovery_validator.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace test;

namespace {

using Json = nlohmann::json;

constexpr auto topic = "homeassistant/device/mfm_1a2b3c/config";

/// A meter's configuration as Home Assistant likes it, partly abbreviated.
Json right() {
    return Json::parse(R"json({
 "dev":{"ids":["mfm_1a2b3c"],"name":"Mains frequency","mf":"Somebody","mdl":"MFM","sn":"1a2b3c","sw":"1.4"},
 "o":{"name":"mfm2mqtt","sw":"1.4.0","url":"https://example.org/mfm2mqtt"},
 "availability":[{"topic":"mfm/bridge/state"},{"topic":"mfm/1a2b3c/availability"}],
 "availability_mode":"all",
 "state_topic":"mfm/1a2b3c",
 "qos":1,
 "cmps":{
  "frequency":{"p":"sensor","uniq_id":"mfm_1a2b3c_frequency","name":null,"default_entity_id":"sensor.mains_frequency",
    "dev_cla":"frequency","unit_of_meas":"Hz","stat_cla":"measurement","sug_dsp_prc":3,"qos":1,"exp_aft":15,
    "val_tpl":"{{ value_json.frequency_hz if value_json.frequency_hz is defined else this.state }}"},
  "state":{"p":"sensor","uniq_id":"mfm_1a2b3c_state","name":"State","default_entity_id":"sensor.mains_state",
    "dev_cla":"enum","ops":["idle","busy"],"qos":1,"val_tpl":"{{ value_json['state_text'] | default('idle') }}"},
  "alarm":{"p":"binary_sensor","uniq_id":"mfm_1a2b3c_alarm","name":"Alarm","default_entity_id":"binary_sensor.mains_alarm",
    "dev_cla":"problem","pl_on":"1","pl_off":"0","qos":1,
    "val_tpl":"{{ value_json.alarm if value_json.alarm is defined else this.state }}"},
  "gone":{"p":"sensor"},
  "limit":{"p":"number","uniq_id":"mfm_1a2b3c_limit","name":"Limit","default_entity_id":"number.mains_limit","qos":1,
    "cmd_t":"mfm/1a2b3c/set/limit","min":30,"max":65,"step":0.5,"opt":false,"dev_cla":"temperature","unit_of_meas":"°C",
    "ent_cat":"config","val_tpl":"{{ value_json.limit_c if value_json.limit_c is defined else None }}"},
  "mode":{"p":"select","uniq_id":"mfm_1a2b3c_mode","name":"Mode","default_entity_id":"select.mains_mode","qos":1,
    "cmd_t":"mfm/1a2b3c/set/mode","ops":["on","off"],"val_tpl":"{{ value_json.mode_text if value_json.mode_text is defined else None }}"},
  "relay":{"p":"switch","uniq_id":"mfm_1a2b3c_relay","name":"Relay","default_entity_id":"switch.mains_relay","qos":1,
    "cmd_t":"mfm/1a2b3c/set/relay","pl_on":"1","pl_off":"0","val_tpl":"{{ value_json.relay if value_json.relay is defined else None }}"},
  "rssi":{"platform":"sensor","unique_id":"mfm_1a2b3c_rssi","name":"Signal","default_entity_id":"sensor.mains_signal",
    "device_class":"signal_strength","unit_of_measurement":"dBm","state_class":"measurement",
    "entity_category":"diagnostic","enabled_by_default":false,"qos":1,
    "value_template":"{{ value_json.rssi_dbm if value_json.rssi_dbm is defined else this.state }}"}}})json");
}

std::string all(std::vector<std::string> const& faults) {
    std::string text;
    for (auto const& fault : faults) text += fault + "\n";
    return text;
}

/// An edit that breaks one rule, and what must be said of it.
struct Broken {
    char const* path;   ///< JSON pointer
    char const* value;  ///< JSON; nullptr: the key is taken out
    char const* sentence;
};

Json edited(Json document, Broken const& broken) {
    Json::json_pointer const at(broken.path);
    if (broken.value) {
        document[at] = Json::parse(broken.value);
    } else {
        document[at.parent_pointer()].erase(at.back());
    }
    return document;
}

}  // namespace

TEST_CASE("a right configuration of a device is found right, again and again") {
    DiscoveryValidator validator;
    CHECK(all(validator.judge(topic, right().dump())) == "");
    CHECK(all(validator.judge(topic, right().dump())) == "");
}

TEST_CASE("each broken rule of device discovery is named, with its place") {
    auto const broken = GENERATE(
        // the root
        Broken{"/~0", R"("mfm")", "the root key \"~\" is unknown"},
        Broken{"/message_expiry_interval", "60", "the root key \"message_expiry_interval\" is unknown"},
        Broken{"/expire_after", "60", "the root key \"expire_after\" is unknown"},
        Broken{"/components", "{}", "\"components\" is there long and abbreviated"},
        Broken{"/dev", nullptr, "device: must be there"}, Broken{"/o", nullptr, "origin: must be there"},
        Broken{"/cmps", nullptr, "components: must be an object with a component or more"},
        Broken{"/qos", "3", "qos must be 0, 1 or 2"},
        Broken{"/state_topic", R"("mfm/+")", "state_topic must be a topic without wildcards"},
        // device and origin
        Broken{"/dev/ids", nullptr, "device: must have identifiers or connections"},
        Broken{"/dev/ids", "[]", "device: identifiers must be a list of texts"},
        Broken{"/dev/cns", R"([["mac"]])", "device: connections must be a list of pairs"},
        Broken{"/dev/vendor", R"("x")", "device: the key \"vendor\" is unknown"},
        Broken{"/dev/sw", "1.4", "device: sw_version must be a text"},
        Broken{"/o/name", nullptr, "origin: must have a name"},
        Broken{"/o/version", R"("1")", "origin: the key \"version\" is unknown"},
        // availability
        Broken{"/availability", nullptr, "availability: must be a list"},
        Broken{"/availability", R"([{"topic":"mfm/bridge/state"}])",
               "availability: must name <base>/bridge/state and"},
        Broken{"/availability/0/topic", R"("other/bridge/state")",
               "availability: must name <base>/bridge/state"},
        Broken{"/availability/0/payload", R"("up")", "availability: the key \"payload\" is unknown"},
        Broken{"/availability/1/pl_avail", R"("ON")", "availability must be said by online and offline"},
        Broken{"/availability_mode", nullptr, "availability_mode: must be all"},
        Broken{"/availability_mode", R"("latest")", "availability_mode: must be all"},
        Broken{"/availability_topic", R"("mfm/bridge/state")", "exclude each other"},
        // components
        Broken{"/cmps/rssi/platform", nullptr, "components.rssi: must have a platform"},
        Broken{"/cmps/rssi/platform", R"("sensors")", "components.rssi: the platform \"sensors\" is unknown"},
        Broken{"/cmps/a b", R"({"p":"sensor"})", "components.a b: the id of a component must be of"},
        Broken{"/cmps/frequency/uniq_id", nullptr, "components.frequency: must have a unique_id"},
        Broken{"/cmps/frequency/uniq_id", R"("mfm_1a2b3c_rssi")",
               "the unique_id mfm_1a2b3c_rssi is there twice"},
        Broken{"/cmps/frequency/qos", nullptr, "components.frequency: must have a qos of its own"},
        Broken{"/cmps/frequency/qos", "true", "components.frequency: qos must be 0, 1 or 2"},
        Broken{"/cmps/frequency/~0", R"("mfm")", "components.frequency: ~ must not be there"},
        Broken{"/cmps/frequency/obj_id", R"("f")", "components.frequency: object_id must not be there"},
        Broken{"/cmps/frequency/message_expiry_interval", "9", "message_expiry_interval must not be there"},
        Broken{"/cmps/frequency/dev", R"({"ids":["x"]})", "components.frequency: device cannot be said"},
        Broken{"/cmps/frequency/unit", R"("Hz")", "components.frequency: the key \"unit\" is unknown"},
        Broken{"/cmps/alarm/stat_cla", R"("total")", "components.alarm: the key \"state_class\" is unknown"},
        Broken{"/cmps/alarm/dev_cla", R"("fault")",
               "components.alarm: the device_class \"fault\" is unknown"},
        Broken{"/state_topic", nullptr, "components.frequency: has no state_topic"},
        Broken{"/cmps/state/stat_t", R"("mfm/#")", "components.state: state_topic must be a topic"},
        // names
        Broken{"/cmps/rssi/name", nullptr, "components.rssi: must have a name"},
        Broken{"/cmps/rssi/name", "null", "only one entity can have the device's own name"},
        Broken{"/cmps/rssi/name", R"("Mains Frequency signal")", "repeats the device's"},
        Broken{"/cmps/rssi/default_entity_id", nullptr, "components.rssi: must have a default_entity_id"},
        Broken{"/cmps/rssi/default_entity_id", R"("mains_signal")", "default_entity_id of sensor.[a-z0-9_]+"},
        Broken{"/cmps/alarm/default_entity_id", R"("sensor.mains_alarm")",
               "default_entity_id of binary_sensor."},
        Broken{"/cmps/rssi/default_entity_id", R"("sensor.Mains")", "default_entity_id of sensor.[a-z0-9_]+"},
        Broken{"/cmps/rssi/entity_category", R"("config")", "entity_category of a sensor must be diagnostic"},
        Broken{"/cmps/rssi/enabled_by_default", R"("no")", "enabled_by_default must be true or false"},
        // classes and units
        Broken{"/cmps/frequency/dev_cla", R"("mains")", "the device_class \"mains\" is unknown"},
        Broken{"/cmps/frequency/unit_of_meas", R"("mHz")", "frequency needs a unit of"},
        Broken{"/cmps/frequency/unit_of_meas", nullptr, "frequency needs a unit of"},
        Broken{"/cmps/frequency/stat_cla", R"("average")", "the state_class \"average\" is unknown"},
        Broken{"/cmps/frequency/stat_cla", R"("total")", "frequency goes with the state_class measurement"},
        Broken{"/cmps/frequency/sug_dsp_prc", R"("3")", "suggested_display_precision must be"},
        Broken{"/cmps/frequency/ops", R"(["a"])", "options go with the device_class enum only"},
        Broken{"/cmps/state/ops", nullptr, "the device_class enum needs options"},
        Broken{"/cmps/state/ops", R"(["a","a"])", "options has one twice"},
        Broken{"/cmps/state/unit_of_meas", R"("h")", "the device_class enum has no unit"},
        Broken{"/cmps/state/stat_cla", R"("measurement")", "the device_class enum goes with no state_class"},
        // what can be set
        Broken{"/cmps/limit/cmd_t", nullptr, "components.limit: a number must have a command_topic"},
        Broken{"/cmps/mode/cmd_t", R"("mfm/#")", "components.mode: command_topic must be a topic"},
        Broken{"/cmps/limit/opt", "true", "components.limit: optimistic must be false"},
        Broken{"/cmps/relay/ret", "true", "components.relay: retain must be false"},
        Broken{"/cmps/limit/min", nullptr, "components.limit: min must be a number"},
        Broken{"/cmps/limit/max", "30", "components.limit: min must be below max"},
        Broken{"/cmps/limit/step", "0", "components.limit: step must be 0.001 or more"},
        Broken{"/cmps/limit/unit_of_meas", R"("bar")",
               "the device_class temperature does not go with the unit"},
        Broken{"/cmps/limit/dev_cla", R"("enum")", "components.limit: the device_class \"enum\" is unknown"},
        Broken{"/cmps/limit/stat_cla", R"("total")", "components.limit: the key \"state_class\" is unknown"},
        Broken{"/cmps/limit/exp_aft", "60", "components.limit: the key \"expire_after\" is unknown"},
        Broken{"/cmps/mode/ops", "[]", "components.mode: options must be a list of texts"},
        Broken{"/cmps/mode/ops", R"(["a","a"])", "components.mode: options has one twice"},
        Broken{"/cmps/relay/dev_cla", R"("lock")", "the device_class of a switch is outlet or switch"},
        // templates and expiry
        Broken{"/cmps/rssi/value_template", R"("{{ value_json.rssi_dbm }}")", "uses rssi_dbm without asking"},
        Broken{"/cmps/rssi/value_template",
               R"("{{ value_json['rssi_dbm'] if value_json.snr is defined else this.state }}")",
               "uses rssi_dbm without asking"},
        Broken{"/cmps/rssi/value_template", R"("value_json.rssi_dbm is defined")", "must be a template"},
        Broken{"/cmps/frequency/exp_aft", "0", "expire_after must be whole seconds above 0"});
    INFO(broken.path);
    DiscoveryValidator validator;
    auto const faults = validator.judge(topic, edited(right(), broken).dump());
    CHECK_THAT(all(faults), contains_text(broken.sentence));
    for (auto const& fault : faults) CHECK(fault.starts_with(std::string(topic) + ": "));
}

TEST_CASE("units and state classes of meters are held to what the device class allows") {
    struct Sensor {
        char const *device_class, *unit, *state_class;
        bool good;
    };
    auto const sensor = GENERATE(
        Sensor{"energy", "kWh", "total_increasing", true}, Sensor{"energy", "kWh", "measurement", false},
        Sensor{"energy", "W", "total", false}, Sensor{"energy_storage", "kWh", "measurement", true},
        Sensor{"power", "W", "measurement", true}, Sensor{"temperature_delta", "K", "measurement", true},
        Sensor{"ph", nullptr, "measurement", true}, Sensor{"ph", "pH", "measurement", false},
        Sensor{"conductivity", "µS/cm", "measurement", true}, Sensor{nullptr, "mg/L", "measurement", true},
        Sensor{"volatile_organic_compounds_parts", "ppm", "measurement", false},
        Sensor{"volume_flow_rate", "l/h", "measurement", false}, Sensor{"timestamp", nullptr, nullptr, true},
        Sensor{"timestamp", nullptr, "measurement", false}, Sensor{"duration", "h", "total_increasing", true},
        Sensor{nullptr, "°", "measurement_angle", true}, Sensor{nullptr, "m", "measurement_angle", false});
    auto document = right();
    auto& component = document["cmps"]["frequency"];
    auto const set = [&](char const* key, char const* value) {
        component.erase(key);
        if (value) component[key] = value;
    };
    set("dev_cla", sensor.device_class);
    set("unit_of_meas", sensor.unit);
    set("stat_cla", sensor.state_class);
    INFO(component.dump());
    DiscoveryValidator validator;
    auto const faults = validator.judge(topic, document.dump());
    INFO(all(faults));
    CHECK(faults.empty() == sensor.good);
}

TEST_CASE("discovery topics, unreadable payloads and keys that are there twice are named") {
    DiscoveryValidator validator;
    auto const wrong_topic = GENERATE("homeassistant/device/mfm.1/config", "homeassistant/device//config",
                                      "homeassistant/sensor/mfm/config", "other/device/mfm/config",
                                      "homeassistant/device/node/mfm/config", "homeassistant/device/mfm");
    CHECK_THAT(all(validator.judge(wrong_topic, right().dump())),
               contains_text("the topic must be homeassistant/device/<id>/config"));
    CHECK_THAT(all(validator.judge(topic, "{")), contains_text("must be a JSON object"));
    CHECK_THAT(all(validator.judge(topic, "[]")), contains_text("must be a JSON object"));
    CHECK_THAT(all(validator.judge(topic, R"({"qos":1,"qos":1})")), contains_text("\"qos\" is twice"));
    CHECK(DiscoveryValidator({"ha", {}}).judge("ha/device/mfm_1/config", right().dump()).empty());
}

TEST_CASE("a unique id belongs to one configuration topic") {
    DiscoveryValidator validator;
    REQUIRE(validator.judge(topic, right().dump()).empty());
    CHECK_THAT(
        all(validator.judge("homeassistant/device/mfm_2/config", right().dump())),
        contains_text("the unique_id mfm_1a2b3c_frequency is in homeassistant/device/mfm_1a2b3c/config"));
}

TEST_CASE("what expires must not stand on a retained topic") {
    DiscoveryValidator validator({"homeassistant", {"mfm/1a2b3c"}});
    auto document = right();
    CHECK_THAT(
        all(validator.judge(topic, document.dump())),
        contains_text("components.frequency: expire_after is set, and its state mfm/1a2b3c is retained"));
    document["cmps"]["frequency"]["stat_t"] = "mfm/1a2b3c/10s";
    CHECK(all(validator.judge(topic, document.dump())) == "");
}

TEST_CASE("thirty entities may start enabled, and more may be there") {
    auto document = right();
    auto& components = document["cmps"];
    auto const add = [&](int number, bool enabled) {
        auto one = components["rssi"];
        auto const text = std::to_string(number);
        one["unique_id"] = "more_" + text;
        one["default_entity_id"] = "sensor.more_" + text;
        one["name"] = "More " + text;
        if (enabled) one.erase("enabled_by_default");
        components["more_" + text] = one;
    };
    for (int i = 0; i < 27; ++i) add(i, true);
    add(30, false);
    CHECK(all(DiscoveryValidator().judge(topic, document.dump())) == "");
    add(30, true);
    CHECK_THAT(all(DiscoveryValidator().judge(topic, document.dump())),
               contains_text("31 entities that only show something start enabled; at most 30 may"));
}
