// SPDX-License-Identifier: MIT
#include "device_json.hpp"

#include "number_text.hpp"

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

namespace sink {

namespace {

using bridge::json_string;

struct ToJson {
    std::string operator()(double number) const {
        std::string const text = number_text(number);
        return text.empty() ? "null" : text;
    }
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(std::string const& text) const { return json_string(text); }
};

std::string name_members(DeviceName const& name) {
    return fmt::format(R"("base":{},"device":{})", json_string(name.first), json_string(name.second));
}

std::string channel_members(ChannelState const& state) {
    std::vector<std::string> fields;
    for (auto const& field : state.fields)
        fields.push_back(json_string(field.name) + ":" + to_json(field.value));
    return fmt::format(R"("channel":{},"ts":{},"fields":{{{}}})", json_string(state.channel), state.ts,
                       fmt::join(fields, ","));
}

std::string device_json(DeviceName const& name, DeviceState const& state) {
    std::string members = name_members(name);
    if (state.availability) members += ",\"availability\":" + json_string(*state.availability);
    auto const newest = std::ranges::max_element(state.channels, {}, &ChannelState::ts);
    if (newest != state.channels.end()) members += fmt::format(",\"ts\":{}", newest->ts);
    std::vector<std::string> channels;
    for (auto const& channel : state.channels) channels.push_back("{" + channel_members(channel) + "}");
    return fmt::format("{{{},\"channels\":[{}]}}", members, fmt::join(channels, ","));
}

}  // namespace

std::string to_json(bridge::Value const& value) { return std::visit(ToJson{}, value); }

std::string to_json(Devices const& devices) {
    std::vector<std::string> items;
    for (auto const& [name, state] : devices) items.push_back(device_json(name, state));
    return fmt::format("[{}]", fmt::join(items, ","));
}

std::string reading_json(DeviceName const& name, ChannelState const& state) {
    return "{" + name_members(name) + "," + channel_members(state) + "}";
}

std::string availability_json(DeviceName const& name, std::string const& availability) {
    return "{" + name_members(name) + ",\"availability\":" + json_string(availability) + "}";
}

}  // namespace sink
