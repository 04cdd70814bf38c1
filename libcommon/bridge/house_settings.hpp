// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/house_device.hpp>
#include <bridge/settings.hpp>

#include <string>

namespace bridge {

/// In which ways house automations are told of the devices.
struct HouseSettings {
    bool discovery = true;
    std::string prefix = "homeassistant";
    std::string status_topic = "homeassistant/status";
    std::string status_online = "online";
    Language language = Language::english;
    bool homie = false;
    std::string homie_prefix = "homie";
    bool scalar_values = false;

    static void bind(Options& options, HouseSettings& settings);
};

/// For a setting that is (the first part of) a topic.
[[nodiscard]] Result<> check_topic(std::string_view text);

}  // namespace bridge
