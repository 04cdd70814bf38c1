// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>
#include <bridge/house_device.hpp>
#include <bridge/retention.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// What Home Assistant is told of devices: its MQTT device discovery, one retained message for each device.
/// (Home Assistant's documentation of MQTT, and homeassistant/components/mqtt/schemas.py, 2026: it refuses a
/// device whole for one key that it does not know, so nothing is said here that old versions do not know.)

/// `<prefix>/device/<id>/config`
[[nodiscard]] std::string discovery_topic(std::string_view prefix, HouseDevice const& device);

/// The configuration of a device: an entity for each field that is to be one. Empty if there is none.
///
/// A value that the newest reading lacks is shown as unknown: its template yields `None`, which sensors and
/// binary sensors take for that. (To keep `this.state` instead, as others do, would show for ever what a
/// device said last.)
[[nodiscard]] std::string discovery_config(HouseDevice const& device, FieldTable const& fields,
                                           Language language, Retention const& retention);

/// Whose configurations are ours: those of this program whose devices depend on `<base>/bridge/state`.
struct DiscoveryOwner {
    std::string prefix, program, base;
};

/// What has to be listened to before anything is said: all devices' configurations, and those of the older
/// kind, one for each entity, of devices with these ids.
[[nodiscard]] std::vector<std::string> discovery_filters(std::string_view prefix,
                                                         std::vector<std::string> const& ids);

/// What is to be sent, in this order, and what must not be.
struct DiscoveryPlan {
    std::vector<Announcement> send;
    std::vector<std::string> foreign;  ///< topics that should be ours and hold what somebody else said
};

/// What makes of what the broker keeps what it should keep. `kept`: payload by topic. `wanted`: configuration
/// by topic. `complete`: there are no other devices of ours, so what else is ours is taken back. Entities
/// that are no more are removed before the new configuration, and entities that were announced one by one
/// move to their device. What is already as it should be is not sent, what is not ours is not touched.
[[nodiscard]] DiscoveryPlan plan_discovery(DiscoveryOwner const& owner,
                                           std::map<std::string, std::string> const& wanted, bool complete,
                                           std::map<std::string, std::string> const& kept);

}  // namespace bridge
