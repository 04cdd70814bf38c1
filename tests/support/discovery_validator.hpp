// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace test {

/// Judges what Home Assistant is told of devices (MQTT device discovery), by Home Assistant's own rules and
/// not by our code, and stricter than it is: what it takes in silence and shows wrongly is wrong here too.
/// Keys may be long or abbreviated.
///
/// Home Assistant's rules are those of its discovery schemas (homeassistant/components/mqtt/schemas.py,
/// discovery.py, abbreviations.py) and of its developers' page on sensors (docs/core/entity/sensor.md),
/// 2026.8.
class DiscoveryValidator {
  public:
    struct Plan {
        std::string prefix = "homeassistant";
        /// Topics whose messages the broker keeps. An entity on one of them must not expire: the kept value
        /// would look alive at the next start of Home Assistant.
        std::set<std::string> retained = {};
    };

    DiscoveryValidator() : DiscoveryValidator(Plan{}) {}
    explicit DiscoveryValidator(Plan plan) : plan_(std::move(plan)) {}

    /// What is wrong with a configuration, each a sentence that begins with its place; empty: nothing. Unique
    /// ids are compared with those of all topics judged before; the same topic again replaces what it said.
    [[nodiscard]] std::vector<std::string> judge(std::string const& topic, std::string const& payload);

  private:
    Plan plan_;
    std::map<std::string, std::set<std::string>> ids_;  ///< unique ids by topic
};

}  // namespace test
