// SPDX-License-Identifier: MIT
#include "record.hpp"

#include "flat_json.hpp"
#include "topic.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <optional>

namespace sink {

namespace {

// 2000-01-01 and 2100-01-01: what lies outside is a clock that was never set, or seconds or microseconds.
constexpr std::int64_t earliest_ms = 946'684'800'000;
constexpr std::int64_t latest_ms = 4'102'444'800'000;

Record to_availability(Topic const& topic, Message const& message) {
    if (message.payload != "online" && message.payload != "offline") {
        return Refusal{Reason::availability, "neither online nor offline"};
    }
    return Availability{topic.base, topic.device, message.received, message.payload == "online"};
}

/// Bridges that are not ours say it in other ways.
Record to_bridge_state(Topic const& topic, Message const& message) {
    if (message.payload != "online" && message.payload != "offline") return Ignored{};
    return Availability{topic.base, topic.device, message.received, message.payload == "online"};
}

std::optional<Refusal> check_time(std::int64_t unix_ms) {
    if (unix_ms >= earliest_ms && unix_ms < latest_ms) return std::nullopt;
    return Refusal{Reason::timestamp, fmt::format("the time {} is not of this century", unix_ms)};
}

Record to_event(Topic const& topic, Message const& message) {
    auto parsed = parse_event(message.payload);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return std::move(*refusal);
    auto& event = std::get<Event>(parsed);
    if (auto refusal = check_time(event.time.time_since_epoch().count())) return std::move(*refusal);
    event.base = topic.base;
    event.device = topic.device;
    return std::move(event);
}

Record to_measurement(Topic const& topic, Message const& message) {
    auto parsed = flatten_json(message.payload);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return std::move(*refusal);
    auto& flat = std::get<FlatJson>(parsed);
    if (flat.readings.empty()) return Refusal{Reason::no_fields, "nothing but a time"};
    // The broker kept it for nobody knows how long: the time of receipt would be made up.
    if (!flat.ts && message.retained) return Ignored{};
    std::int64_t const unix_ms = flat.ts.value_or(message.received.time_since_epoch().count());
    if (auto refusal = check_time(unix_ms)) return std::move(*refusal);
    bridge::Timestamp const time{std::chrono::milliseconds(unix_ms)};
    return Measurement{topic.base, topic.device, topic.channel, time, std::move(flat.readings)};
}

}  // namespace

Record to_record(Message const& message) {
    Topic const topic = parse_topic(message.topic);
    if (topic.kind == Topic::Kind::refused) {
        return Refusal{Reason::topic, fmt::format("an empty level, or more than {}", most_topic_levels)};
    }
    if (topic.kind == Topic::Kind::ignored) return Ignored{};
    if (!bridge::is_utf8(message.topic)) return Refusal{Reason::utf8, "the topic is not UTF-8"};
    if (topic.kind == Topic::Kind::bridge_state) return to_bridge_state(topic, message);
    if (message.payload_size == 0) return Refusal{Reason::empty, "no payload"};
    if (message.payload_size > largest_payload) {
        return Refusal{Reason::too_large,
                       fmt::format("{} bytes, {} at most", message.payload_size, largest_payload)};
    }
    if (topic.kind == Topic::Kind::availability) return to_availability(topic, message);
    if (topic.kind == Topic::Kind::event) return to_event(topic, message);
    return to_measurement(topic, message);
}

}  // namespace sink
