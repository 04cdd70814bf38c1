// SPDX-License-Identifier: MIT
#pragma once

#include "refusal.hpp"

#include <bridge/sample.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace sink {

/// Something that happened to a device (docs/schemas/event.json). Views the message.
struct Event {
    std::string_view base;
    std::string_view device;
    bridge::Timestamp time;
    std::string id;  ///< not empty; names it among all of its device, each time it is said
    std::string kind;
    std::string severity;
    std::string state;  ///< `raised`, `cleared`, `once`
    std::string text;
    std::string_view json;  ///< all of it, as it came
};

/// The payload of `<base>/<device>/event`; what else it says stays in `json`. Base and device are the
/// caller's.
[[nodiscard]] std::variant<Event, Refusal> parse_event(std::string_view payload);

}  // namespace sink
