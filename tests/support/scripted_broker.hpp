// SPDX-License-Identifier: MIT
#pragma once

#include "free_port.hpp"
#include "mqtt_probe.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// What a client said when it connected.
struct ConnectRequest {
    unsigned protocol_level = 0;  ///< 4: MQTT 3.1.1, 5: MQTT 5
    bool clean = false;
    std::string client_id, user, password;
    std::string will_topic, will_payload;
    unsigned will_qos = 0;
    bool will_retained = false;
};

/// An MQTT 3.1.1 listener on the loopback that does not know MQTT 5 and writes down what clients say. It
/// takes every publication, and every subscription or none, and sends nothing by itself.
class ScriptedBroker {
  public:
    /// How it says no to MQTT 5.
    enum class Refusal {
        old_connack,  ///< as 3.1.1 servers do: return code 1, unacceptable protocol version
        new_connack,  ///< as the MQTT 5 standard has it: reason 0x84, unsupported protocol version
    };

    enum class Subscriptions { granted, refused };

    explicit ScriptedBroker(Refusal refusal, Subscriptions subscriptions = Subscriptions::granted);
    ~ScriptedBroker();
    ScriptedBroker(ScriptedBroker const&) = delete;
    ScriptedBroker& operator=(ScriptedBroker const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    [[nodiscard]] std::vector<ConnectRequest> connects() const;
    [[nodiscard]] std::vector<Message> published() const;
    [[nodiscard]] std::vector<std::string> subscribed() const;

  private:
    void accept_clients();
    void serve(FileDescriptor socket);

    Refusal const refusal_;
    Subscriptions const subscriptions_;
    FreePort port_;
    FileDescriptor listener_;
    std::atomic<bool> stopping_ = false;
    std::mutex mutable mutex_;
    std::vector<ConnectRequest> connects_;
    std::vector<Message> published_;
    std::vector<std::string> subscribed_;
    std::vector<std::thread> clients_;
    std::thread thread_;
};

}  // namespace test
