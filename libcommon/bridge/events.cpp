// SPDX-License-Identifier: MIT
#include <bridge/events.hpp>

#include <bridge/payload.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace bridge {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_pending = 1000;
constexpr std::size_t most_seen = 1000;
constexpr std::array severities = {"info", "warning", "error", "critical"};

std::string_view to_string(Severity severity) { return severities.at(static_cast<std::size_t>(severity)); }

std::optional<Severity> severity_of(std::string const& text) {
    auto const* const found = std::find(severities.begin(), severities.end(), text);
    if (found == severities.end()) return std::nullopt;
    return static_cast<Severity>(found - severities.begin());
}

std::int64_t unix_ms(Timestamp time) { return time.time_since_epoch().count(); }

std::string event_json(Occurrence const& event, std::string_view state) {
    return fmt::format(R"({{"ts":{},"id":{},"kind":{},"severity":"{}","state":"{}","text":{}}})",
                       unix_ms(event.time), json_string(event.id), json_string(event.kind),
                       to_string(event.severity), state, json_string(event.text));
}

/// A text or a whole number of an object; nothing if it has none.
std::optional<std::string> text_of(Json const& object, char const* key) {
    auto const found = object.find(key);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::optional<Timestamp> time_of(Json const& object, char const* key) {
    auto const found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(found->get<std::int64_t>()));
}

}  // namespace

bool Events::conditions(std::string const& device, Timestamp time, std::vector<Condition> const& conditions) {
    Device& known = devices_[device];
    if (time < known.newest) return false;
    known.newest = time;
    bool changed = false;
    for (auto const& condition : conditions) {
        if (condition.holds == known.raised.contains(condition.kind)) continue;
        changed = true;
        std::string_view const state = condition.holds ? "raised" : "cleared";
        Occurrence const event{time, fmt::format("{}-{}-{}", condition.kind, unix_ms(time), state),
                               condition.kind, condition.severity, condition.text};
        if (condition.holds) {
            known.raised[condition.kind] = {time, condition.severity, condition.text};
        } else {
            known.raised.erase(condition.kind);
        }
        add(device, event_json(event, state));
    }
    return changed;
}

bool Events::occurred(std::string const& device, Occurrence const& occurrence) {
    auto& seen = devices_[device].seen;
    if (std::find(seen.begin(), seen.end(), occurrence.id) != seen.end()) return false;
    seen.push_back(occurrence.id);
    if (seen.size() > most_seen) seen.pop_front();
    add(device, event_json(occurrence, "once"));
    return true;
}

void Events::add(std::string const& device, std::string payload) {
    pending_.push_back({next_++, device, std::move(payload)});
    if (pending_.size() <= most_pending) return;
    pending_.pop_front();
    ++dropped_;
}

void Events::acknowledged(std::uint64_t number) {
    std::erase_if(pending_, [number](Pending const& event) { return event.number == number; });
}

std::vector<std::string> Events::devices() const {
    std::vector<std::string> names;
    for (auto const& [name, device] : devices_) names.push_back(name);
    return names;
}

std::string Events::alerts_json(std::string const& device) const {
    std::string text = "[";
    if (auto const found = devices_.find(device); found != devices_.end()) {
        for (auto const& [kind, alert] : found->second.raised) {
            text += fmt::format(R"({}{{"kind":{},"since":{},"severity":"{}","text":{}}})",
                                text.size() > 1 ? "," : "", json_string(kind), unix_ms(alert.since),
                                to_string(alert.severity), json_string(alert.text));
        }
    }
    return text + "]";
}

std::string Events::to_text() const {
    Json devices = Json::object();
    for (auto const& [name, device] : devices_) {
        Json raised = Json::object();
        for (auto const& [kind, alert] : device.raised) {
            raised[kind] = {{"since", unix_ms(alert.since)},
                            {"severity", to_string(alert.severity)},
                            {"text", alert.text}};
        }
        devices[name] = {{"newest", unix_ms(device.newest)}, {"raised", raised}, {"seen", device.seen}};
    }
    Json pending = Json::array();
    for (auto const& event : pending_)
        pending.push_back({{"device", event.device}, {"payload", event.payload}});
    Json const all = {{"devices", devices}, {"pending", pending}};
    return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Events> Events::from_text(std::string_view text) {
    Error const broken{Errc::malformed, "is not what this program keeps of events"};
    Json const all = Json::parse(text, nullptr, false);
    if (!all.is_object() || !all.value("devices", Json()).is_object() ||
        !all.value("pending", Json()).is_array())
        return broken;
    Events events;
    for (auto const& [name, kept] : all["devices"].items()) {
        if (!kept.is_object() || !kept.value("raised", Json()).is_object() ||
            !kept.value("seen", Json()).is_array())
            return broken;
        Device& device = events.devices_[name];
        auto const newest = time_of(kept, "newest");
        if (!newest) return broken;
        device.newest = *newest;
        for (auto const& [kind, alert] : kept["raised"].items()) {
            if (!alert.is_object()) return broken;
            auto const since = time_of(alert, "since");
            auto const severity = severity_of(text_of(alert, "severity").value_or(""));
            auto const sentence = text_of(alert, "text");
            if (!since || !severity || !sentence) return broken;
            device.raised[kind] = {*since, *severity, *sentence};
        }
        for (auto const& id : kept["seen"]) {
            if (!id.is_string()) return broken;
            device.seen.push_back(id.get<std::string>());
        }
    }
    for (auto const& event : all["pending"]) {
        if (!event.is_object()) return broken;
        auto const device = text_of(event, "device");
        auto const payload = text_of(event, "payload");
        if (!device || !payload) return broken;
        events.add(*device, *payload);
    }
    return events;
}

}  // namespace bridge
