// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace test {

struct Message {
    std::string topic, payload;
    bool retained = false;  ///< came from the broker's memory, at subscribing
    int qos = 0;            ///< of the publisher, but 1 at most
    std::chrono::system_clock::time_point received = {};
};

/// An MQTT client that collects what it subscribes to, in order of arrival. It has a lasting session and
/// connects again by itself, so a restart of the broker loses nothing. Any thread.
class MqttProbe {
  public:
    /// Returns when the broker has granted the subscriptions.
    MqttProbe(std::uint16_t port, std::vector<std::string> const& filters,
              std::string const& client_id = "probe");
    ~MqttProbe();
    MqttProbe(MqttProbe const&) = delete;
    MqttProbe& operator=(MqttProbe const&) = delete;

    [[nodiscard]] std::vector<Message> messages() const;
    [[nodiscard]] std::vector<Message> on(std::string const& topic) const;
    [[nodiscard]] std::optional<Message> last(std::string const& topic) const;
    /// True when the newest message of the topic is this one, or becomes so within the deadline.
    [[nodiscard]] bool sees(std::string const& topic, std::string const& payload,
                            std::chrono::milliseconds deadline = std::chrono::seconds(30)) const;

    /// At QoS 1; returns when the broker has acknowledged it.
    void publish(std::string const& topic, std::string const& payload, bool retained = false);
    /// Returns when everything that the broker had taken before this call has arrived here.
    void catch_up();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace test
