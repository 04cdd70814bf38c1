// SPDX-License-Identifier: MIT
#pragma once

#include "../e2e/program.hpp"

#include "support/mqtt_probe.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace test {

/// All bridges with their simulated devices, the sink, and a broker of their own. Ready when every device and
/// every channel of it has published.
class Suite {
  public:
    explicit Suite(TempFolder const& folder);

    /// The fields of the readings on this topic; none if there was no reading.
    [[nodiscard]] std::set<std::string> fields(std::string const& topic) const;
    [[nodiscard]] bool publishes(std::string const& topic, std::string const& field) const {
        return fields(topic).contains(field);
    }
    /// The newest message on this topic.
    [[nodiscard]] std::string newest(std::string const& topic) const {
        return probe_.last(topic).value().payload;
    }
    /// True if this is the topic of an availability or of a bridge's state, and has said `online`.
    [[nodiscard]] bool says_online(std::string const& topic) const;
    /// Every topic of which there was a message.
    [[nodiscard]] std::set<std::string> topics() const;

    [[nodiscard]] std::filesystem::path database() const { return folder_ / "readings.db"; }
    [[nodiscard]] std::vector<Program const*> programs() const;
    /// The simulated heat pump falls silent.
    void stop_heat_pump() { heat_pump_->kill(); }

  private:
    /// A simulated device and what it says on its first line: how it is reached.
    [[nodiscard]] std::string start_device(std::optional<Process>& device, Arguments const& arguments);

    TempFolder const& folder_;
    Broker broker_;
    MqttProbe probe_;
    std::optional<Process> board_, heat_pump_, water_tester_, solar_nodes_;
    std::optional<Program> sink_, mfm_, luxtronik_, mastertronic_, isems_;
};

}  // namespace test
