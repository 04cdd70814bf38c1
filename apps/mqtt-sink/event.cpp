// SPDX-License-Identifier: MIT
#include "event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace sink {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> severities = {"info", "warning", "error", "critical"};
constexpr std::array<std::string_view, 3> states = {"raised", "cleared", "once"};

}  // namespace

std::variant<Event, Refusal> parse_event(std::string_view payload) {
    auto const object = Json::parse(payload, nullptr, false);
    if (!object.is_object()) return Refusal{Reason::event, "not a JSON object"};
    Event event;
    event.json = payload;
    std::array<std::pair<char const*, std::string*>, 5> const texts = {{{"id", &event.id},
                                                                        {"kind", &event.kind},
                                                                        {"severity", &event.severity},
                                                                        {"state", &event.state},
                                                                        {"text", &event.text}}};
    for (auto const& [name, text] : texts) {
        auto const found = object.find(name);
        if (found == object.end() || !found->is_string()) {
            return Refusal{Reason::event, fmt::format("{} is missing, or no text", name)};
        }
        *text = found->get<std::string>();
    }
    if (event.id.empty()) return Refusal{Reason::event, "id is empty"};
    if (std::ranges::find(severities, event.severity) == severities.end()) {
        return Refusal{Reason::event, "severity is none of info, warning, error, critical"};
    }
    if (std::ranges::find(states, event.state) == states.end()) {
        return Refusal{Reason::event, "state is none of raised, cleared, once"};
    }
    auto const ts = object.find("ts");
    if (ts == object.end() || !ts->is_number_integer()) {
        return Refusal{Reason::timestamp, "ts is missing, or no whole number"};
    }
    event.time = bridge::Timestamp(std::chrono::milliseconds(ts->get<std::int64_t>()));
    return event;
}

}  // namespace sink
