// SPDX-License-Identifier: MIT
#include <bridge/homie.hpp>

#include <bridge/payload.hpp>
#include <bridge/topic_name.hpp>

#include <algorithm>
#include <set>

namespace bridge {

namespace {

/// What a property has, besides its value.
constexpr std::string_view property_attributes[] = {"$name", "$datatype", "$unit"};
constexpr std::string_view node_attributes[] = {"$name", "$type", "$properties"};
constexpr std::string_view device_attributes[] = {"$state", "$homie",      "$name",
                                                  "$nodes", "$extensions", "$implementation"};

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// As a level of Homie's topics: `_` becomes `-`. A name that had one already, or needs any other change,
/// ends in a hash, so that two names do not become one.
std::string level(std::string_view name) {
    std::string out(name);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (!is_plain(c)) c = '-';
    }
    bool const clear = !name.empty() && name.front() != '_' && name.back() != '_' &&
                       std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '_'; });
    if (clear) return out;
    out.erase(0, out.find_first_not_of('-'));
    // The slash makes sure that there is one.
    std::string const hashed = topic_name(std::string(name) + "/");
    return (out.empty() ? "x" : out) + hashed.substr(hashed.size() - 9);
}

std::string node_id(std::string_view channel) { return channel.empty() ? "reading" : level(channel); }

std::string_view datatype(Field const& field) {
    switch (field.kind) {
        case Field::Kind::decimal:
            return "float";
        case Field::Kind::flag:
            return "boolean";
        case Field::Kind::text:
            return "string";
        case Field::Kind::whole:
        case Field::Kind::code:
        case Field::Kind::unix_time:
            break;
    }
    return "integer";
}

/// A value in Homie's form; nothing if it is not of its field's type.
std::optional<std::string> payload(Field const& field, Value const& value) {
    if (auto const* const text = std::get_if<std::string>(&value))
        return field.kind == Field::Kind::text ? std::optional(*text) : std::nullopt;
    if (field.kind == Field::Kind::text) return std::nullopt;
    if (auto const* const whole = std::get_if<std::int64_t>(&value)) {
        if (field.kind != Field::Kind::flag) return std::to_string(*whole);
        if (*whole != 0 && *whole != 1) return std::nullopt;
        return *whole == 1 ? "true" : "false";
    }
    if (field.kind != Field::Kind::decimal) return std::nullopt;
    std::string number = format_number(std::get<double>(value));
    // Its floats have no sign `+`, in the exponent neither.
    number.erase(std::remove(number.begin(), number.end(), '+'), number.end());
    return number.empty() ? std::nullopt : std::optional(number);
}

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> parts;
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        if (comma > 0) parts.push_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

/// Channels that have a property, in the table's order.
std::vector<std::string> channels_of(FieldTable const& fields) {
    std::vector<std::string> channels;
    for (auto const& field : fields) {
        if (field.entity == Field::Entity::none) continue;
        if (std::find(channels.begin(), channels.end(), field.channel) == channels.end())
            channels.push_back(field.channel);
    }
    return channels;
}

void append(std::string& list, std::string_view item) {
    if (!list.empty()) list += ',';
    list += item;
}

std::string implementation(std::string const& program, std::string const& base) {
    return program + " " + base;
}

}  // namespace

std::string Homie::id(HouseDevice const& device) { return level(device.id()); }

std::string Homie::value_topic(HouseDevice const& device, Field const& field) const {
    return prefix_ + "/" + id(device) + "/" + node_id(field.channel) + "/" + level(field.name);
}

Announcement Homie::state(HouseDevice const& device, State state) const {
    constexpr std::string_view words[] = {"init", "ready", "alert", "disconnected"};
    return {prefix_ + "/" + id(device) + "/$state", std::string(words[static_cast<std::size_t>(state)])};
}

std::vector<Announcement> Homie::attributes(HouseDevice const& device, FieldTable const& fields) const {
    std::string const root = prefix_ + "/" + id(device);
    std::vector<Announcement> all = {
        {root + "/$homie", "4.0.0"},
        {root + "/$name", device.title(language_)},
        {root + "/$extensions", ""},
        {root + "/$implementation", implementation(device.program, device.base)}};
    std::string nodes;
    for (auto const& channel : channels_of(fields)) {
        append(nodes, node_id(channel));
        std::string const node = root + "/" + node_id(channel);
        all.push_back({node + "/$name", channel.empty() ? device.title(language_) : channel});
        all.push_back({node + "/$type", channel.empty() ? "reading" : channel});
        std::string properties;
        for (auto const& field : fields) {
            if (field.channel != channel || field.entity == Field::Entity::none) continue;
            append(properties, level(field.name));
            std::string const property = node + "/" + level(field.name);
            all.push_back({property + "/$name", field_title(field, language_)});
            all.push_back({property + "/$datatype", std::string(datatype(field))});
            if (auto const unit = unit_symbol(field); !unit.empty())
                all.push_back({property + "/$unit", std::string(unit)});
        }
        all.push_back({node + "/$properties", properties});
    }
    all.push_back({root + "/$nodes", nodes});
    return all;
}

std::optional<Announcement> Homie::value(HouseDevice const& device, FieldTable const& fields,
                                         std::string_view channel, Reading const& reading) const {
    auto const field = std::find_if(fields.begin(), fields.end(), [&](Field const& one) {
        return one.channel == channel && one.name == reading.name && one.entity != Field::Entity::none;
    });
    if (field == fields.end()) return std::nullopt;
    auto text = payload(*field, reading.value);
    if (!text) return std::nullopt;
    return Announcement{value_topic(device, *field), std::move(*text)};
}

std::vector<std::string> Homie::filters() const {
    return {prefix_ + "/+/$implementation", prefix_ + "/+/+/$properties"};
}

Homie::Plan Homie::plan(Owner const& owner, std::map<std::string, std::vector<Announcement>> const& wanted,
                        bool complete, std::map<std::string, std::string> const& kept) const {
    Plan plan;
    std::map<std::string, bool> ours;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> nodes;  // with their properties
    for (auto const& [topic, payload] : kept) {
        if (payload.empty() || !topic.starts_with(prefix_ + "/")) continue;
        std::string_view rest = std::string_view(topic).substr(prefix_.size() + 1);
        std::string const device(rest.substr(0, rest.find('/')));
        rest.remove_prefix(std::min(device.size() + 1, rest.size()));
        if (rest == "$implementation") ours[device] = payload == implementation(owner.program, owner.base);
        if (!rest.ends_with("/$properties")) continue;
        ours.try_emplace(device, false);
        nodes[device].emplace_back(rest.substr(0, rest.find('/')), payload);
    }
    for (auto const& [device, own] : ours) {
        auto const found = wanted.find(device);
        if (found != wanted.end() && !own) plan.foreign.push_back(device);
        if (!own || (found == wanted.end() && !complete)) continue;
        std::set<std::string> stays;
        if (found != wanted.end()) {
            for (auto const& one : found->second) stays.insert(one.topic);
        }
        std::string const root = prefix_ + "/" + device;
        auto const take_back = [&](std::string topic) {
            if (!stays.contains(topic)) plan.take_back.push_back({std::move(topic), ""});
        };
        if (found == wanted.end()) {
            for (auto const attribute : device_attributes) take_back(root + "/" + std::string(attribute));
        }
        for (auto const& [node, properties] : nodes[device]) {
            for (auto const property : split(properties)) {
                std::string const topic = root + "/" + node + "/" + std::string(property);
                if (!stays.contains(topic + "/$name")) take_back(topic);
                for (auto const attribute : property_attributes)
                    take_back(topic + "/" + std::string(attribute));
            }
            for (auto const attribute : node_attributes)
                take_back(root + "/" + node + "/" + std::string(attribute));
        }
    }
    return plan;
}

}  // namespace bridge
