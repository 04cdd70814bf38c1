// SPDX-License-Identifier: MIT
#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace test {

namespace {

using bridge::Field;
using Json = nlohmann::ordered_json;

Json property(Field const& field) {
    Json json = {{"type", bridge::json_type(field)}};
    if (field.kind == Field::Kind::flag) json["enum"] = {0, 1};
    if (field.kind == Field::Kind::unix_time) json["minimum"] = 1;
    auto const unit = bridge::unit_symbol(field);
    json["description"] = unit.empty() ? field.meaning : fmt::format("In {}. {}", unit, field.meaning);
    return json;
}

}  // namespace

std::vector<std::string> channels_of(ProgramTable const& table) {
    std::vector<std::string> channels;
    for (auto const& field : table.fields) {
        if (std::find(channels.begin(), channels.end(), field.channel) == channels.end())
            channels.push_back(field.channel);
    }
    return channels;
}

std::string topic_of(ProgramTable const& table, std::string const& channel) {
    return table.base + "/<device>" + (channel.empty() ? "" : "/" + channel);
}

std::string schema_file(ProgramTable const& table, std::string const& channel) {
    return table.program + (channel.empty() ? "" : "." + channel) + ".json";
}

std::string readings_schema(ProgramTable const& table, std::string const& channel) {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "A reading of " + table.program + " on " + topic_of(table, channel)},
                   {"type", "object"},
                   {"required", {"ts", "seq"}},
                   {"additionalProperties", false}};
    auto& properties = schema["properties"];
    properties["ts"] = {{"type", "integer"},
                        {"description", "When it was measured, unix milliseconds, UTC."}};
    properties["seq"] = {{"type", "integer"},
                         {"minimum", 1},
                         {"description", "Grows by one from reading to reading of this channel."}};
    for (auto const& field : table.fields) {
        if (field.channel == channel) properties[field.name] = property(field);
    }
    return schema.dump(2) + "\n";
}

}  // namespace test
