// SPDX-License-Identifier: MIT
#include "events_api.hpp"

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <vector>

namespace sink {

namespace {

using bridge::json_string;

constexpr std::int64_t most_events = 1000;
constexpr std::int64_t usual_events = 100;

std::string to_json(StoredEvent const& event) {
    return fmt::format(
        R"({{"base":{},"device":{},"id":{},"ts":{},"kind":{},"severity":{},"state":{},"text":{}}})",
        json_string(event.base), json_string(event.device), json_string(event.id), event.ts,
        json_string(event.kind), json_string(event.severity), json_string(event.state),
        json_string(event.text));
}

std::optional<std::string> if_any(std::string text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

ApiAnswer answer_events(ApiRequest const& request, StoreReader& reader) {
    Parameters parameters(request.query, {"base", "device", "from", "to", "limit"});
    EventQuestion question;
    question.base = if_any(parameters.text("base"));
    question.device = if_any(parameters.text("device"));
    auto const span = parameters.span(request.now);
    question.from = span.from;
    question.to = span.to;
    question.most = static_cast<std::size_t>(parameters.count("limit", most_events).value_or(usual_events));
    if (parameters.wrong()) return refuse(400, *parameters.wrong());
    auto const events = reader.events(question);
    if (!events) return refuse(events.error());
    std::vector<std::string> items;
    for (auto const& event : *events) items.push_back(to_json(event));
    return {200, fmt::format("[{}]", fmt::join(items, ","))};
}

}  // namespace sink
