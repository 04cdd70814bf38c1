// SPDX-License-Identifier: MIT
#include "discovery_validator.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string_view>

namespace test {

namespace {

using Json = nlohmann::json;
using Words = std::set<std::string, std::less<>>;

// --- what Home Assistant knows ---

std::map<std::string, std::string, std::less<>> const root_abbreviations = {
    {"dev", "device"},
    {"o", "origin"},
    {"cmps", "components"},
    {"avty", "availability"},
    {"avty_t", "availability_topic"},
    {"avty_mode", "availability_mode"},
    {"avty_tpl", "availability_template"},
    {"pl_avail", "payload_available"},
    {"pl_not_avail", "payload_not_available"},
    {"stat_t", "state_topic"},
    {"cmd_t", "command_topic"},
    {"e", "encoding"},
};
std::map<std::string, std::string, std::less<>> const device_abbreviations = {
    {"ids", "identifiers"},   {"cns", "connections"},      {"mf", "manufacturer"},  {"mdl", "model"},
    {"mdl_id", "model_id"},   {"hw", "hw_version"},        {"sn", "serial_number"}, {"sw", "sw_version"},
    {"sa", "suggested_area"}, {"cu", "configuration_url"},
};
std::map<std::string, std::string, std::less<>> const origin_abbreviations = {{"sw", "sw_version"},
                                                                              {"url", "support_url"}};
std::map<std::string, std::string, std::less<>> const availability_abbreviations = {
    {"t", "topic"},
    {"val_tpl", "value_template"},
    {"pl_avail", "payload_available"},
    {"pl_not_avail", "payload_not_available"},
};
std::map<std::string, std::string, std::less<>> const component_abbreviations = {
    {"p", "platform"},
    {"uniq_id", "unique_id"},
    {"def_ent_id", "default_entity_id"},
    {"obj_id", "object_id"},
    {"dev", "device"},
    {"o", "origin"},
    {"dev_cla", "device_class"},
    {"unit_of_meas", "unit_of_measurement"},
    {"stat_cla", "state_class"},
    {"sug_dsp_prc", "suggested_display_precision"},
    {"exp_aft", "expire_after"},
    {"val_tpl", "value_template"},
    {"ent_cat", "entity_category"},
    {"en", "enabled_by_default"},
    {"ops", "options"},
    {"opt", "optimistic"},
    {"ret", "retain"},
    {"ic", "icon"},
    {"ent_pic", "entity_picture"},
    {"frc_upd", "force_update"},
    {"json_attr_t", "json_attributes_topic"},
    {"json_attr_tpl", "json_attributes_template"},
    {"lrst_val_tpl", "last_reset_value_template"},
    {"pl_on", "payload_on"},
    {"pl_off", "payload_off"},
    {"off_dly", "off_delay"},
    {"avty", "availability"},
    {"avty_t", "availability_topic"},
    {"avty_mode", "availability_mode"},
    {"avty_tpl", "availability_template"},
    {"pl_avail", "payload_available"},
    {"pl_not_avail", "payload_not_available"},
    {"stat_t", "state_topic"},
    {"cmd_t", "command_topic"},
    {"e", "encoding"},
};

Words const shared_keys = {"availability",
                           "availability_topic",
                           "availability_mode",
                           "availability_template",
                           "payload_available",
                           "payload_not_available",
                           "state_topic",
                           "command_topic",
                           "qos",
                           "encoding"};
Words const device_keys = {"identifiers", "connections", "manufacturer",   "model",
                           "model_id",    "name",        "hw_version",     "serial_number",
                           "sw_version",  "via_device",  "suggested_area", "configuration_url"};
Words const origin_keys = {"name", "sw_version", "support_url"};
Words const availability_keys = {"topic", "value_template", "payload_available", "payload_not_available"};
/// Of every entity that only shows something.
Words const entity_keys = {"platform",
                           "unique_id",
                           "name",
                           "default_entity_id",
                           "device_class",
                           "value_template",
                           "entity_category",
                           "enabled_by_default",
                           "visible_by_default",
                           "expire_after",
                           "force_update",
                           "icon",
                           "entity_picture",
                           "json_attributes_topic",
                           "json_attributes_template"};
Words const sensor_keys = {"unit_of_measurement", "state_class", "suggested_display_precision", "options",
                           "last_reset_value_template"};
Words const binary_sensor_keys = {"payload_on", "payload_off", "off_delay"};
/// Of what can be set, besides its own.
Words const settable_keys = {"platform",
                             "unique_id",
                             "name",
                             "default_entity_id",
                             "value_template",
                             "entity_category",
                             "icon",
                             "enabled_by_default",
                             "optimistic",
                             "retain",
                             "entity_picture",
                             "visible_by_default",
                             "command_template",
                             "json_attributes_topic",
                             "json_attributes_template"};
std::map<std::string, Words, std::less<>> const settable_platforms = {
    {"number", {"device_class", "unit_of_measurement", "min", "max", "step", "mode", "payload_reset"}},
    {"select", {"options"}},
    {"switch", {"device_class", "payload_on", "payload_off", "state_on", "state_off"}},
};

Words const platforms = {"alarm_control_panel",
                         "binary_sensor",
                         "button",
                         "camera",
                         "climate",
                         "cover",
                         "device_automation",
                         "device_tracker",
                         "event",
                         "fan",
                         "humidifier",
                         "image",
                         "lawn_mower",
                         "light",
                         "lock",
                         "notify",
                         "number",
                         "scene",
                         "select",
                         "sensor",
                         "siren",
                         "switch",
                         "tag",
                         "text",
                         "update",
                         "vacuum",
                         "valve",
                         "water_heater"};
/// These make no entity.
Words const without_entity = {"device_automation", "tag"};

Words const binary_classes = {"battery",
                              "battery_charging",
                              "carbon_monoxide",
                              "cold",
                              "connectivity",
                              "door",
                              "garage_door",
                              "gas",
                              "heat",
                              "light",
                              "lock",
                              "moisture",
                              "motion",
                              "moving",
                              "occupancy",
                              "opening",
                              "plug",
                              "power",
                              "presence",
                              "problem",
                              "running",
                              "safety",
                              "smoke",
                              "sound",
                              "tamper",
                              "update",
                              "vibration",
                              "window"};

Words const state_classes = {"measurement", "measurement_angle", "total", "total_increasing"};

/// What goes with a sensor's device class. Without units it must have none; a state class may always be left
/// out.
struct SensorClass {
    Words units;
    Words states;
};
Words const measured = {"measurement"};
Words const energies = {"J",   "kJ",  "MJ",  "GJ",  "mWh",  "Wh",   "kWh",
                        "MWh", "GWh", "TWh", "cal", "kcal", "Mcal", "Gcal"};
std::map<std::string, SensorClass, std::less<>> const sensor_classes = {
    {"temperature", {{"°C", "°F", "K"}, measured}},
    {"temperature_delta", {{"°C", "°F", "K"}, measured}},
    // mHz is new, and refused by what is older.
    {"frequency", {{"Hz", "kHz", "MHz", "GHz"}, measured}},
    {"energy", {energies, {"total", "total_increasing"}}},
    {"energy_storage", {energies, measured}},
    {"power", {{"mW", "W", "kW", "MW", "GW", "TW"}, measured}},
    {"duration", {{"d", "h", "min", "s", "ms", "µs"}, {"measurement", "total_increasing"}}},
    {"uptime", {}},
    {"timestamp", {}},
    {"voltage", {{"V", "mV", "µV", "kV", "MV"}, measured}},
    {"current", {{"A", "mA", "µA"}, measured}},
    {"battery", {{"%"}, measured}},
    {"pressure", {{"mPa", "Pa", "hPa", "kPa", "mbar", "cbar", "bar", "psi", "mmHg", "inHg"}, measured}},
    {"volume_flow_rate",
     {{"m³/h", "m³/min", "m³/s", "ft³/min", "L/h", "L/min", "L/s", "gal/d", "gal/h", "gal/min", "mL/s"},
      measured}},
    {"ph", {{}, measured}},
    {"conductivity", {{"S/cm", "mS/cm", "µS/cm"}, measured}},
    {"signal_strength", {{"dB", "dBm"}, measured}},
    {"irradiance", {{"W/m²", "BTU/(h·ft²)"}, measured}},
    {"data_size",
     {{"bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB"}, measured}},
    {"enum", {}},
    {"wind_direction", {{"°"}, {"measurement_angle"}}},
};

constexpr std::size_t most_enabled = 30;

// --- small tools ---

std::string joined(Words const& words) {
    std::string text;
    for (auto const& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

bool is_id(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
}

bool is_topic(std::string_view text) {
    return !text.empty() && text.find_first_of("+#") == text.npos && text.front() != '/' &&
           text.back() != '/';
}

bool is_text(Json const& value) { return value.is_string() && !value.get_ref<std::string const&>().empty(); }

std::string text_of(Json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// The fields of the message that a template uses without asking whether they are there.
Words unguarded(std::string const& expression) {
    static std::regex const use(R"(value_json(?:\.(\w+)|\[\s*['"](\w+)['"]\s*\]))");
    static std::regex const guard(R"(^\s*(?:is\s+defined|is\s+not\s+defined|\|\s*(?:default|d)\b))");
    Words used, guarded;
    for (std::sregex_iterator found(expression.begin(), expression.end(), use), end; found != end; ++found) {
        std::string const field = (*found)[1].matched ? (*found)[1] : (*found)[2];
        used.insert(field);
        if (std::regex_search(found->suffix().first, found->suffix().second, guard)) guarded.insert(field);
    }
    Words left;
    std::set_difference(used.begin(), used.end(), guarded.begin(), guarded.end(),
                        std::inserter(left, left.end()));
    return left;
}

/// One configuration, and what is found wrong with it.
class Judgement {
  public:
    Judgement(DiscoveryValidator::Plan const& plan, std::string topic,
              std::map<std::string, std::set<std::string>> const& other_ids)
        : plan_(plan), topic_(std::move(topic)), other_ids_(other_ids) {}

    void judge(std::string const& payload) {
        judge_topic();
        auto const root = parsed(payload);
        if (!root) return;
        root_ = expanded(*root, root_abbreviations, "");
        for (auto const& [key, value] : root_.items()) {
            if (key == "device" || key == "origin" || key == "components" || shared_keys.contains(key))
                continue;
            wrong("",
                  "the root key \"" + key + "\" is unknown, and Home Assistant refuses all of it for that");
        }
        judge_device();
        judge_origin();
        judge_shared();
        judge_components();
    }

    [[nodiscard]] std::vector<std::string> take_faults() { return std::move(faults_); }
    [[nodiscard]] std::set<std::string> take_ids() { return std::move(ids_); }

  private:
    void wrong(std::string const& where, std::string const& what) {
        faults_.push_back(topic_ + ": " + where + (where.empty() ? "" : ": ") + what);
    }

    void judge_topic() {
        std::string const start = plan_.prefix + "/device/", end = "/config";
        bool const framed =
            topic_.starts_with(start) && topic_.ends_with(end) && topic_.size() > start.size() + end.size();
        if (!framed ||
            !is_id(std::string_view(topic_).substr(start.size(), topic_.size() - start.size() - end.size())))
            wrong("", "the topic must be " + start + "<id>" + end + " with an id of [a-zA-Z0-9_-]");
    }

    /// A key that is there twice is a fault: of two, one is lost without a word.
    std::optional<Json> parsed(std::string const& payload) {
        std::vector<Words> seen;
        auto const note = [&](int, Json::parse_event_t event, Json& value) {
            if (event == Json::parse_event_t::object_start) seen.emplace_back();
            if (event == Json::parse_event_t::object_end) seen.pop_back();
            if (event == Json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second)
                wrong("", "the key \"" + value.get<std::string>() + "\" is twice in one object");
            return true;
        };
        auto root = Json::parse(payload, note, false);
        if (root.is_object()) return root;
        wrong("", "the payload must be a JSON object");
        return std::nullopt;
    }

    template <class Abbreviations>
    Json expanded(Json const& object, Abbreviations const& abbreviations, std::string const& where) {
        Json full = Json::object();
        for (auto const& [key, value] : object.items()) {
            auto const known = abbreviations.find(key);
            auto const& name = known == abbreviations.end() ? key : known->second;
            if (full.contains(name)) wrong(where, "\"" + name + "\" is there long and abbreviated");
            full[name] = value;
        }
        return full;
    }

    /// The object behind this key of the root, with long keys; an empty one if there is none.
    template <class Abbreviations>
    Json part(char const* key, Abbreviations const& abbreviations) {
        auto const found = root_.find(key);
        if (found != root_.end() && found->is_object()) return expanded(*found, abbreviations, key);
        wrong(key, "must be there and be an object");
        return Json::object();
    }

    void refuse_unknown(Json const& object, Words const& known, std::string const& where) {
        for (auto const& [key, value] : object.items()) {
            if (!known.contains(key)) wrong(where, "the key \"" + key + "\" is unknown");
        }
    }

    // --- the root ---

    void judge_device() {
        if (!root_.contains("device")) return wrong("device", "must be there and be an object");
        Json const device = part("device", device_abbreviations);
        refuse_unknown(device, device_keys, "device");
        device_name_ = lower(text_of(device, "name"));
        bool named = false;
        for (auto const& [key, value] : device.items()) {
            if (key == "identifiers") {
                Json const all = value.is_array() ? value : Json::array({value});
                bool const good = !all.empty() && std::all_of(all.begin(), all.end(), is_text);
                if (!good) wrong("device", "identifiers must be a list of texts");
                named = true;
            } else if (key == "connections") {
                bool const good =
                    value.is_array() && !value.empty() &&
                    std::all_of(value.begin(), value.end(), [](Json const& pair) {
                        return pair.is_array() && pair.size() == 2 && is_text(pair[0]) && is_text(pair[1]);
                    });
                if (!good) wrong("device", "connections must be a list of pairs of texts");
                named = true;
            } else if (!is_text(value)) {
                wrong("device", key + " must be a text that is not empty");
            }
        }
        if (!named) wrong("device", "must have identifiers or connections");
    }

    void judge_origin() {
        if (!root_.contains("origin")) return wrong("origin", "must be there and be an object");
        Json const origin = part("origin", origin_abbreviations);
        refuse_unknown(origin, origin_keys, "origin");
        if (!origin.contains("name")) wrong("origin", "must have a name");
        for (auto const& [key, value] : origin.items()) {
            if (!is_text(value)) wrong("origin", key + " must be a text that is not empty");
        }
    }

    void judge_shared() {
        judge_availability(root_, "");
        if (root_.contains("qos")) judge_qos(root_["qos"], "");
        judge_topics(root_, "");
        if (root_.contains("availability_topic") || !root_.contains("availability"))
            return wrong("availability", "must be a list with the bridge's topic and the device's");
        if (text_of(root_, "availability_mode") != "all")
            wrong("availability_mode", "must be all: by default the topic that spoke last decides");
        std::string bridge, device;
        for (auto const& item : root_["availability"]) {
            if (!item.is_object()) continue;
            auto const topic = text_of(expanded(item, availability_abbreviations, ""), "topic");
            (topic.ends_with("/bridge/state") ? bridge : device) = topic;
        }
        auto const base = bridge.substr(0, bridge.size() - std::min(bridge.size(), std::size_t{12}));
        bool const both = root_["availability"].size() == 2 && !base.empty() && device.starts_with(base) &&
                          device.ends_with("/availability") &&
                          is_id(std::string_view(device).substr(
                              base.size(), device.size() - std::min(device.size(), base.size() + 13)));
        if (!both) wrong("availability", "must name <base>/bridge/state and <base>/<device>/availability");
    }

    /// Of the root or of a component.
    void judge_availability(Json const& object, std::string const& where) {
        if (object.contains("availability") && object.contains("availability_topic"))
            wrong(where, "availability and availability_topic exclude each other");
        for (auto const* const key : {"payload_available", "payload_not_available"}) {
            if (object.contains(key))
                wrong(where, std::string(key) + " must be left to its default, as our topics say it");
        }
        if (!object.contains("availability")) return;
        auto const& list = object["availability"];
        if (!list.is_array() || list.empty()) return wrong(where, "availability must be a list of objects");
        Words topics;
        for (auto const& item : list) {
            if (!item.is_object()) {
                wrong(where, "availability must be a list of objects");
                continue;
            }
            auto const one = expanded(item, availability_abbreviations, where);
            refuse_unknown(one, availability_keys, where + (where.empty() ? "" : ".") + "availability");
            auto const topic = text_of(one, "topic");
            if (!is_topic(topic))
                wrong(where, "availability must have a topic without wildcards in each object");
            if (!topics.insert(topic).second) wrong(where, "availability names " + topic + " twice");
            if (one.value("payload_available", Json("online")) != "online" ||
                one.value("payload_not_available", Json("offline")) != "offline")
                wrong(where, "availability must be said by online and offline");
        }
    }

    void judge_qos(Json const& qos, std::string const& where) {
        if (!qos.is_number_integer() || qos < 0 || qos > 2) wrong(where, "qos must be 0, 1 or 2");
    }

    void judge_topics(Json const& object, std::string const& where) {
        for (auto const* const key : {"state_topic", "command_topic", "json_attributes_topic"}) {
            if (object.contains(key) && !is_topic(text_of(object, key)))
                wrong(where, std::string(key) + " must be a topic without wildcards");
        }
    }

    // --- components ---

    void judge_components() {
        auto const found = root_.find("components");
        if (found == root_.end() || !found->is_object() || found->empty())
            return wrong("components", "must be an object with a component or more");
        std::size_t enabled = 0, nameless = 0;
        for (auto const& [id, given] : found->items()) {
            std::string const where = "components." + id;
            if (!is_id(id)) wrong(where, "the id of a component must be of [a-zA-Z0-9_-]");
            if (!given.is_object()) {
                wrong(where, "must be an object");
                continue;
            }
            Json const component = expanded(given, component_abbreviations, where);
            auto const platform = text_of(component, "platform");
            if (!component.contains("platform")) {
                wrong(where, "must have a platform");
            } else if (!platforms.contains(platform)) {
                wrong(where, "the platform " + component["platform"].dump() + " is unknown");
            }
            // With its platform alone a component is one to be removed.
            if (component.size() == 1 || without_entity.contains(platform)) continue;
            judge_entity(component, platform, where);
            // What may be set was asked for, each by its name.
            bool const was_asked_for = component.contains("command_topic");
            if (!was_asked_for && component.value("enabled_by_default", Json(true)) != false) ++enabled;
            if (component.value("name", Json("")).is_null()) ++nameless;
        }
        if (enabled > most_enabled)
            wrong("components", std::to_string(enabled) +
                                    " entities that only show something start enabled; at most 30 may");
        if (nameless > 1) wrong("components", "only one entity can have the device's own name (name: null)");
    }

    void judge_entity(Json const& component, std::string const& platform, std::string const& where) {
        for (auto const* const key : {"device", "origin"}) {
            if (component.contains(key)) wrong(where, std::string(key) + " cannot be said by a component");
        }
        for (auto const& [key, reason] : std::initializer_list<std::pair<char const*, char const*>>{
                 {"~", "topics must be written out"},
                 {"object_id", "it is gone since 2026.4; default_entity_id is what there is"},
                 {"message_expiry_interval", "versions before 2026.7 do not know it"}}) {
            if (component.contains(key)) wrong(where, std::string(key) + " must not be there: " + reason);
        }
        judge_unique_id(component, where);
        if (!component.contains("qos")) {
            wrong(where, "must have a qos of its own: the shared one was ignored until 2026.5");
        } else {
            judge_qos(component["qos"], where);
        }
        judge_availability(component, where);
        judge_topics(component, where);
        judge_name(component, where);
        judge_entity_id(component, platform, where);
        judge_template(component, where);
        for (auto const* const key : {"enabled_by_default", "visible_by_default", "force_update"}) {
            if (component.contains(key) && !component[key].is_boolean())
                wrong(where, std::string(key) + " must be true or false");
        }
        if (platform == "sensor") judge_sensor(component, where);
        if (platform == "binary_sensor") judge_binary_sensor(component, where);
        auto const category = component.value("entity_category", Json("diagnostic"));
        bool const shows_only = platform == "sensor" || platform == "binary_sensor";
        if (category != "diagnostic" && (shows_only || category != "config"))
            wrong(where, "entity_category of a " + platform + " must be diagnostic, not " + category.dump());
        if (settable_platforms.contains(platform)) judge_settable(component, platform, where);
        if (shows_only || settable_platforms.contains(platform)) judge_state(component, where);
    }

    void judge_unique_id(Json const& component, std::string const& where) {
        auto const id = text_of(component, "unique_id");
        if (id.empty()) return wrong(where, "must have a unique_id");
        if (!ids_.insert(id).second) wrong(where, "the unique_id " + id + " is there twice");
        for (auto const& [topic, ids] : other_ids_) {
            if (topic != topic_ && ids.contains(id))
                wrong(where, "the unique_id " + id + " is in " + topic + " too");
        }
    }

    void judge_name(Json const& component, std::string const& where) {
        auto const name = component.value("name", Json(""));
        if (name.is_null()) return;
        if (!is_text(name)) return wrong(where, "must have a name: a text, or null for the device's own");
        if (!device_name_.empty() && lower(name.get<std::string>()).starts_with(device_name_))
            wrong(where, "the name " + name.dump() + " repeats the device's, which is shown before it");
    }

    void judge_entity_id(Json const& component, std::string const& platform, std::string const& where) {
        auto const id = text_of(component, "default_entity_id");
        bool const framed = id.starts_with(platform + ".") && id.size() > platform.size() + 1;
        bool const spelt =
            framed &&
            std::all_of(id.begin() + static_cast<std::ptrdiff_t>(platform.size()) + 1, id.end(),
                        [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
        if (!spelt) wrong(where, "must have a default_entity_id of " + platform + ".[a-z0-9_]+");
    }

    void judge_template(Json const& component, std::string const& where) {
        for (auto const* const key : {"value_template", "json_attributes_template"}) {
            if (!component.contains(key)) continue;
            auto const expression = text_of(component, key);
            bool const is_one =
                (expression.find("{{") != expression.npos && expression.find("}}") != expression.npos) ||
                (expression.find("{%") != expression.npos && expression.find("%}") != expression.npos);
            if (!is_one) wrong(where, std::string(key) + " must be a template");
            for (auto const& field : unguarded(expression))
                wrong(where, std::string(key) + " uses " + field + " without asking whether it is defined");
        }
    }

    void judge_state(Json const& component, std::string const& where) {
        auto const own = text_of(component, "state_topic");
        auto const topic = own.empty() ? text_of(root_, "state_topic") : own;
        if (topic.empty()) wrong(where, "has no state_topic, nor has the root");
        if (!component.contains("expire_after")) return;
        auto const& expiry = component["expire_after"];
        if (!expiry.is_number_integer() || expiry <= 0)
            wrong(where, "expire_after must be whole seconds above 0");
        if (plan_.retained.contains(topic))
            wrong(where, "expire_after is set, and its state " + topic + " is retained");
    }

    void judge_sensor(Json const& component, std::string const& where) {
        auto known = entity_keys;
        known.insert(shared_keys.begin(), shared_keys.end());
        known.insert(sensor_keys.begin(), sensor_keys.end());
        refuse_unknown_of_entity(component, known, where);
        auto const state = text_of(component, "state_class");
        if (component.contains("state_class") && !state_classes.contains(state))
            wrong(where, "the state_class " + component["state_class"].dump() + " is unknown");
        if (component.contains("unit_of_measurement") && !is_text(component["unit_of_measurement"]))
            wrong(where, "unit_of_measurement must be a text that is not empty");
        auto const unit = text_of(component, "unit_of_measurement");
        judge_options(component, where);
        if (auto const digits = component.find("suggested_display_precision"); digits != component.end()) {
            if (!digits->is_number_integer() || *digits < 0)
                wrong(where, "suggested_display_precision must be a number of digits");
        }
        if (!component.contains("device_class")) {
            if (state == "measurement_angle" && unit != "°")
                wrong(where, "the state_class measurement_angle is for °");
            return;
        }
        auto const name = text_of(component, "device_class");
        auto const found = sensor_classes.find(name);
        if (found == sensor_classes.end())
            return wrong(where, "the device_class " + component["device_class"].dump() + " is unknown");
        auto const& [units, states] = found->second;
        if (units.empty() && !unit.empty())
            wrong(where, "the device_class " + name + " has no unit, and " + unit + " is given");
        if (!units.empty() && !units.contains(unit))
            wrong(where, "the device_class " + name + " needs a unit of " + joined(units) + ", not \"" +
                             unit + "\"");
        if (component.contains("state_class") && !states.contains(state))
            wrong(where, "the device_class " + name + " goes with " +
                             (states.empty() ? "no state_class" : "the state_class " + joined(states)) +
                             ", not " + state);
    }

    void judge_settable(Json const& component, std::string const& platform, std::string const& where) {
        auto known = settable_platforms.at(platform);
        known.insert(shared_keys.begin(), shared_keys.end());
        known.insert(settable_keys.begin(), settable_keys.end());
        refuse_unknown_of_entity(component, known, where);
        if (!component.contains("command_topic"))
            wrong(where, "a " + platform + " must have a command_topic");
        // It shows what was asked for, and not what the device has.
        if (component.value("optimistic", Json(false)) != false) wrong(where, "optimistic must be false");
        if (component.value("retain", Json(false)) != false)
            wrong(where, "retain must be false: what is kept would be asked for again at every start");
        if (platform == "number") judge_number(component, where);
        if (platform == "select") judge_list(component, where);
        if (platform == "switch" && component.contains("device_class") &&
            !Words{"outlet", "switch"}.contains(text_of(component, "device_class")))
            wrong(where, "the device_class of a switch is outlet or switch");
    }

    void judge_number(Json const& component, std::string const& where) {
        auto const number = [&component](char const* key, double usual) {
            auto const found = component.find(key);
            return found != component.end() && found->is_number() ? found->get<double>() : usual;
        };
        for (auto const* const key : {"min", "max", "step"}) {
            if (!component.contains(key) || !component[key].is_number())
                wrong(where, std::string(key) + " must be a number");
        }
        if (number("min", 1) >= number("max", 100)) wrong(where, "min must be below max");
        if (number("step", 1) < 0.001) wrong(where, "step must be 0.001 or more");
        if (!component.contains("device_class")) return;
        auto const name = text_of(component, "device_class");
        auto const found = sensor_classes.find(name);
        if (found == sensor_classes.end() || name == "enum" || name == "timestamp" || name == "uptime")
            return wrong(where, "the device_class " + component["device_class"].dump() + " is unknown");
        auto const unit = text_of(component, "unit_of_measurement");
        auto const& units = found->second.units;
        if (units.empty() ? !unit.empty() : !units.contains(unit))
            wrong(where, "the device_class " + name + " does not go with the unit \"" + unit + "\"");
    }

    /// Of options.
    void judge_list(Json const& component, std::string const& where) {
        auto const options = component.find("options");
        bool const texts = options != component.end() && options->is_array() && !options->empty() &&
                           std::all_of(options->begin(), options->end(), is_text);
        if (!texts) return wrong(where, "options must be a list of texts");
        if (std::set<Json>(options->begin(), options->end()).size() != options->size())
            wrong(where, "options has one twice");
    }

    void judge_options(Json const& component, std::string const& where) {
        bool const chosen = text_of(component, "device_class") == "enum";
        auto const options = component.find("options");
        if (options == component.end()) {
            if (chosen) wrong(where, "the device_class enum needs options");
            return;
        }
        if (!chosen) wrong(where, "options go with the device_class enum only");
        judge_list(component, where);
    }

    void judge_binary_sensor(Json const& component, std::string const& where) {
        auto known = entity_keys;
        known.insert(shared_keys.begin(), shared_keys.end());
        known.insert(binary_sensor_keys.begin(), binary_sensor_keys.end());
        refuse_unknown_of_entity(component, known, where);
        if (component.contains("device_class") &&
            !binary_classes.contains(text_of(component, "device_class")))
            wrong(where, "the device_class " + component["device_class"].dump() + " is unknown");
    }

    /// What has a sentence of its own is left to it.
    void refuse_unknown_of_entity(Json const& component, Words known, std::string const& where) {
        known.insert({"device", "origin", "~", "object_id", "message_expiry_interval"});
        refuse_unknown(component, known, where);
    }

    DiscoveryValidator::Plan const& plan_;
    std::string topic_;
    std::map<std::string, std::set<std::string>> const& other_ids_;
    Json root_;
    std::string device_name_;  ///< in small letters
    std::set<std::string> ids_;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> DiscoveryValidator::judge(std::string const& topic, std::string const& payload) {
    Judgement judgement(plan_, topic, ids_);
    judgement.judge(payload);
    ids_[topic] = judgement.take_ids();
    return judgement.take_faults();
}

}  // namespace test
