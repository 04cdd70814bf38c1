// SPDX-License-Identifier: MIT
#pragma once

#include "event.hpp"
#include "message.hpp"
#include "refusal.hpp"

#include <bridge/sample.hpp>

#include <string_view>
#include <variant>
#include <vector>

namespace sink {

/// What was measured together, on its way to one row. Views the message's topic.
struct Measurement {
    std::string_view base;
    std::string_view device;
    std::string_view channel;               ///< empty: the device's own
    bridge::Timestamp time;                 ///< when it was measured
    std::vector<bridge::Reading> readings;  ///< not empty, every name once
};

/// Of a device, or of a base's `bridge_device`: where that is offline nobody knows of its devices.
struct Availability {
    std::string_view base;
    std::string_view device;
    bridge::Timestamp time;
    bool online = false;
};

/// Understood, and not for the store.
struct Ignored {};

using Record = std::variant<Measurement, Availability, Event, Ignored, Refusal>;

/// What a message means to the store. Pure, any thread.
[[nodiscard]] Record to_record(Message const& message);

}  // namespace sink
