// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace sink {

/// What a topic is about. Views the topic's text.
struct Topic {
    enum class Kind {
        readings,      ///< of `device` and `channel`, be they the newest or `history`
        availability,  ///< of `device`
        event,         ///< of `device`
        bridge_state,  ///< of what reads the base's devices
        ignored,       ///< ours, and not for the store: `bridge`, `alerts`, `value`, `set`
        refused,       ///< an empty level, or more than `most_topic_levels`
    };
    Kind kind = Kind::refused;
    std::string_view base;
    std::string_view device;   ///< empty for a topic of one level
    std::string_view channel;  ///< empty: the device's own; of foreign topics all further levels
};

constexpr int most_topic_levels = 8;
/// No device is called so: it is what reads a base's devices.
constexpr std::string_view bridge_device = "bridge";

[[nodiscard]] Topic parse_topic(std::string_view topic);

}  // namespace sink
