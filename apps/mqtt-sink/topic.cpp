// SPDX-License-Identifier: MIT
#include "topic.hpp"

#include <algorithm>

namespace sink {

namespace {

/// Takes the level at the front off.
std::string_view take_level(std::string_view& rest) {
    auto const slash = rest.find('/');
    auto const level = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return level;
}

bool has_empty_level(std::string_view topic) {
    return topic.empty() || topic.starts_with('/') || topic.ends_with('/') ||
           topic.find("//") != std::string_view::npos;
}

bool is_ours(std::string_view level) {
    return level == "alerts" || level == "value" || level == "event" || level == "set" ||
           level.starts_with("set_");
}

}  // namespace

Topic parse_topic(std::string_view topic) {
    if (has_empty_level(topic) || std::ranges::count(topic, '/') >= most_topic_levels) return {};
    std::string_view rest = topic;
    Topic parsed;
    parsed.kind = Topic::Kind::readings;
    parsed.base = take_level(rest);
    parsed.device = take_level(rest);
    parsed.channel = rest;
    std::string_view const third = take_level(rest);
    if (parsed.device == bridge_device && parsed.channel == "state") {
        parsed.kind = Topic::Kind::bridge_state;
    } else if (parsed.device != bridge_device && parsed.channel == "event") {
        parsed.kind = Topic::Kind::event;
    } else if (parsed.device == bridge_device || is_ours(third)) {
        parsed.kind = Topic::Kind::ignored;
    } else if (third == "history") {
        parsed.channel = rest;
    } else if (parsed.channel == "availability") {
        parsed.kind = Topic::Kind::availability;
    }
    return parsed;
}

}  // namespace sink
