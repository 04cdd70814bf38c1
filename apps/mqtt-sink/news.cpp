// SPDX-License-Identifier: MIT
#include "news.hpp"

#include <algorithm>
#include <utility>

namespace sink {

namespace {

void add(DeviceState& device, ChannelState&& later) {
    // In order, as the store has them.
    auto const at = std::ranges::lower_bound(device.channels, later.channel, {}, &ChannelState::channel);
    if (at != device.channels.end() && at->channel == later.channel) {
        supersede(*at, std::move(later));
    } else {
        device.channels.insert(at, std::move(later));
    }
}

}  // namespace

bool supersede(ChannelState& state, ChannelState&& later) {
    if (later.ts < state.ts) return false;
    if (later.ts > state.ts) {
        state = std::move(later);
        return true;
    }
    for (auto& field : later.fields) {
        auto const known = std::ranges::find(state.fields, field.name, &bridge::Reading::name);
        if (known == state.fields.end()) {
            state.fields.push_back(std::move(field));
        } else {
            known->value = std::move(field.value);
        }
    }
    return true;
}

void note(Devices& news, Measurement const& measurement) {
    add(news[{std::string(measurement.base), std::string(measurement.device)}],
        {std::string(measurement.channel), measurement.time.time_since_epoch().count(),
         measurement.readings});
}

void note(Devices& news, Availability const& availability) {
    news[{std::string(availability.base), std::string(availability.device)}].availability =
        availability.online ? "online" : "offline";
}

void merge(Devices& news, Devices& later) {
    for (auto& [name, state] : later) {
        auto& known = news[name];
        if (state.availability) known.availability = std::move(state.availability);
        for (auto& channel : state.channels) add(known, std::move(channel));
    }
    later.clear();
}

}  // namespace sink
