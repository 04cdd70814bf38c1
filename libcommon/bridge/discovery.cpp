// SPDX-License-Identifier: MIT
#include <bridge/discovery.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace bridge {

namespace {

using Json = nlohmann::ordered_json;

/// More are there, but off until the user asks for them.
constexpr int most_shown = 30;

constexpr std::string_view migrate = R"({"migrate_discovery": true})";

std::string dumped(Json const& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string slug(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const upper = c >= 'A' && c <= 'Z';
        bool const kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        out += kept ? c : upper ? static_cast<char>(c - 'A' + 'a') : '_';
    }
    return out;
}

/// Of an entity within its device.
std::string entity_key(Field const& field) {
    return field.channel.empty() ? field.name : field.channel + "_" + field.name;
}

std::string value_template(Field const& field) {
    std::string const value = "value_json." + field.name;
    if (field.kind == Field::Kind::unix_time)
        return "{{ as_datetime(" + value + ").isoformat() if " + value + " is defined else None }}";
    return "{{ " + value + "|d(None) }}";
}

// A device has hundreds of entities: their keys are Home Assistant's abbreviations (abbreviations.py).

/// The entity that a field is, with what is its own.
struct Platform {
    std::string name;
    Json own = Json::object();
};

/// A field that can be set. It shows what the device says, never what it was asked for.
Platform settable_platform(HouseDevice const& device, Field const& field) {
    auto const& settable = *field.settable;
    Platform platform;
    platform.own["cmd_t"] = device.set_topic(settable.name);
    if (field.kind == Field::Kind::flag) {
        platform.name = "switch";
        platform.own["pl_on"] = "1";
        platform.own["pl_off"] = "0";
    } else if (field.kind == Field::Kind::text) {
        platform.name = "select";
        platform.own["ops"] = settable.options;
    } else {
        platform.name = "number";
        platform.own["min"] = settable.least;
        platform.own["max"] = settable.most;
        platform.own["step"] = settable.step;
        platform.own["mode"] = "box";
        if (auto const name = device_class(field); !name.empty()) platform.own["dev_cla"] = name;
        if (auto const unit = unit_symbol(field); !unit.empty()) platform.own["unit_of_meas"] = unit;
    }
    return platform;
}

/// What a sensor has and a binary sensor has not.
void add_quantity(Json& entity, Field const& field) {
    if (field.kind == Field::Kind::unix_time) {
        entity["dev_cla"] = "timestamp";
        return;
    }
    if (auto const name = device_class(field); !name.empty()) entity["dev_cla"] = name;
    if (auto const unit = unit_symbol(field); !unit.empty()) entity["unit_of_meas"] = unit;
    if (auto const state = state_class(field); !state.empty()) entity["stat_cla"] = state;
    bool const number = field.kind == Field::Kind::decimal || field.kind == Field::Kind::whole;
    if (number && field.decimals >= 0) entity["sug_dsp_prc"] = field.decimals;
}

Platform showing_platform(Field const& field) {
    Platform platform;
    if (field.kind == Field::Kind::flag) {
        platform.name = "binary_sensor";
        if (auto const name = device_class(field); !name.empty()) platform.own["dev_cla"] = name;
        platform.own["pl_on"] = "1";
        platform.own["pl_off"] = "0";
    } else {
        platform.name = "sensor";
        add_quantity(platform.own, field);
    }
    return platform;
}

Json entity_config(HouseDevice const& device, Field const& field, Language language, bool shown) {
    auto const platform = field.settable ? settable_platform(device, field) : showing_platform(field);
    std::string const id = device.id() + "_" + entity_key(field);
    Json entity = {{"p", platform.name},
                   {"uniq_id", id},
                   {"def_ent_id", platform.name + "." + slug(id)},
                   {"name", field_title(field, language)}};
    if (!field.channel.empty()) entity["stat_t"] = device.reading_topic(field.channel);
    entity["val_tpl"] = value_template(field);
    entity.update(platform.own);
    if (field.settable) entity["ent_cat"] = "config";
    if (field.diagnostic && !field.settable) entity["ent_cat"] = "diagnostic";
    if (!shown) entity["en"] = false;
    // The one for all is ignored by versions before 2026.5.
    entity["qos"] = 1;
    return entity;
}

Json device_config(HouseDevice const& device, Language language) {
    Json config = {{"identifiers", Json::array({device.id()})}, {"name", device.title(language)}};
    if (!device.product.manufacturer.empty()) config["manufacturer"] = device.product.manufacturer;
    if (!device.product.model.empty()) config["model"] = device.product.model;
    return config;
}

/// A member by its name or its abbreviation; null if there is neither.
Json const& member(Json const& object, char const* name, char const* abbreviation) {
    static Json const none;
    if (!object.is_object()) return none;
    if (auto const found = object.find(name); found != object.end()) return *found;
    if (auto const found = object.find(abbreviation); found != object.end()) return *found;
    return none;
}

std::string text_of(Json const& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

bool from_program(Json const& config, DiscoveryOwner const& owner) {
    return text_of(member(member(config, "origin", "o"), "name", "name")) == owner.program;
}

/// The configuration as JSON, if it is ours.
std::optional<Json> own_config(std::string const& payload, DiscoveryOwner const& owner) {
    std::string const state = owner.base + "/bridge/state";
    // Others' configurations are many, and reading them takes time.
    if (payload.find(owner.program) == std::string::npos) return std::nullopt;
    auto config = Json::parse(payload, nullptr, false);
    if (!from_program(config, owner)) return std::nullopt;
    for (auto const& one : member(config, "availability", "avty")) {
        if (text_of(member(one, "topic", "t")) == state) return config;
    }
    return std::nullopt;
}

/// True for an entity's own configuration of the older kind, of a device of ours.
bool own_entity(std::string const& payload, DiscoveryOwner const& owner) {
    return payload == migrate || from_program(Json::parse(payload, nullptr, false), owner);
}

/// The new configuration with those entities of the old one as to be removed that it does not have; nothing
/// if there are none.
std::optional<std::string> without_old_entities(Json const& old, std::string const& config) {
    auto reduced = Json::parse(config, nullptr, false);
    bool any = false;
    auto& entities = reduced["components"];
    for (auto const& [key, entity] : member(old, "components", "cmps").items()) {
        auto const platform = text_of(member(entity, "platform", "p"));
        bool const gone =
            !entities.contains(key) || text_of(member(entities[key], "platform", "p")) != platform;
        if (platform.empty() || !gone) continue;
        entities[key] = Json::object({{"p", platform}});
        any = true;
    }
    return any ? std::optional(dumped(reduced)) : std::nullopt;
}

/// The id in `<prefix>/device/<id>/config`; empty if the topic is another.
std::string_view device_id_in(std::string_view topic, std::string_view prefix) {
    constexpr std::string_view level = "/device/", end = "/config";
    if (!topic.starts_with(prefix) || !topic.ends_with(end)) return {};
    topic.remove_prefix(prefix.size());
    if (!topic.starts_with(level) || topic.size() <= level.size() + end.size()) return {};
    topic = topic.substr(level.size(), topic.size() - level.size() - end.size());
    return topic.find('/') == std::string_view::npos ? topic : std::string_view{};
}

/// Makes the plan of one broker's memory.
class Planner {
  public:
    Planner(DiscoveryOwner const& owner, std::map<std::string, std::string> const& kept)
        : owner_(owner), kept_(kept) {}

    void want(std::string const& topic, std::string const& config) {
        auto const found = kept_.find(topic);
        bool const there = found != kept_.end() && !found->second.empty();
        auto const old = there ? own_config(found->second, owner_) : std::nullopt;
        if (there && !old) {
            plan_.foreign.push_back(topic);
            return;
        }
        auto const entities = entities_of(device_id_in(topic, owner_.prefix));
        if (there && found->second == config && entities.empty()) return;
        if (old) {
            if (auto const reduced = without_old_entities(*old, config))
                plan_.send.push_back({topic, *reduced});
        }
        for (auto const& entity : entities) plan_.send.push_back({entity, std::string(migrate)});
        plan_.send.push_back({topic, config});
        for (auto const& entity : entities) plan_.send.push_back({entity, ""});
    }

    void take_back_unless_in(std::map<std::string, std::string> const& wanted) {
        for (auto const& [topic, payload] : kept_) {
            if (payload.empty() || wanted.contains(topic)) continue;
            if (device_id_in(topic, owner_.prefix).empty() || !own_config(payload, owner_)) continue;
            plan_.send.push_back({topic, ""});
        }
    }

    [[nodiscard]] DiscoveryPlan take() { return std::move(plan_); }

  private:
    /// Topics where entities of this device were announced one by one.
    [[nodiscard]] std::vector<std::string> entities_of(std::string_view id) const {
        std::vector<std::string> topics;
        for (auto const& [topic, payload] : kept_) {
            if (payload.empty() || !device_id_in(topic, owner_.prefix).empty()) continue;
            if (!is_of(id, topic) || !own_entity(payload, owner_)) continue;
            topics.push_back(topic);
        }
        return topics;
    }

    /// `<prefix>/<component>/<id>/<object>/config`
    [[nodiscard]] bool is_of(std::string_view id, std::string_view topic) const {
        if (!topic.starts_with(owner_.prefix + "/") || !topic.ends_with("/config")) return false;
        topic.remove_prefix(owner_.prefix.size() + 1);
        auto const slash = topic.find('/');
        return slash != std::string_view::npos &&
               topic.substr(slash).starts_with("/" + std::string(id) + "/");
    }

    DiscoveryOwner const& owner_;
    std::map<std::string, std::string> const& kept_;
    DiscoveryPlan plan_;
};

}  // namespace

std::string discovery_topic(std::string_view prefix, HouseDevice const& device) {
    return std::string(prefix) + "/device/" + device.id() + "/config";
}

std::string discovery_config(HouseDevice const& device, FieldTable const& fields, Language language,
                             Retention const& retention) {
    Json entities = Json::object();
    // What may be set was asked for, so it is shown.
    auto shown = std::count_if(fields.begin(), fields.end(), [](Field const& field) {
        return field.settable && field.entity != Field::Entity::none;
    });
    for (auto const& field : fields) {
        if (field.entity == Field::Entity::none) continue;
        bool const more = !field.settable && field.entity == Field::Entity::on && shown < most_shown;
        if (more) ++shown;
        auto entity = entity_config(device, field, language, more || field.settable);
        auto const expiry = retention.expire_after(fields, field.channel);
        // Only what shows something can expire.
        if (expiry && !field.settable) entity["exp_aft"] = expiry->count();
        entities[entity_key(field)] = std::move(entity);
    }
    if (entities.empty()) return {};
    Json const config = {{"device", device_config(device, language)},
                         {"origin", {{"name", device.program}, {"sw_version", device.version}}},
                         {"availability", Json::array({{{"topic", device.bridge_state_topic()}},
                                                       {{"topic", device.availability_topic()}}})},
                         {"availability_mode", "all"},
                         {"state_topic", device.reading_topic("")},
                         {"qos", 1},
                         {"components", std::move(entities)}};
    return dumped(config);
}

std::vector<std::string> discovery_filters(std::string_view prefix, std::vector<std::string> const& ids) {
    std::vector<std::string> filters = {std::string(prefix) + "/device/+/config"};
    for (auto const& id : ids) filters.push_back(std::string(prefix) + "/+/" + id + "/+/config");
    return filters;
}

DiscoveryPlan plan_discovery(DiscoveryOwner const& owner, std::map<std::string, std::string> const& wanted,
                             bool complete, std::map<std::string, std::string> const& kept) {
    Planner planner(owner, kept);
    if (complete) planner.take_back_unless_in(wanted);
    for (auto const& [topic, config] : wanted) planner.want(topic, config);
    return planner.take();
}

}  // namespace bridge
