// SPDX-License-Identifier: MIT
#pragma once

#include "free_port.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace test {

/// Stands between clients and their broker, passes everything on and counts what the clients send: the only
/// place where one sees what a client acknowledges. It can also be a bad link.
class MqttRelay {
  public:
    enum class Manner {
        passing,
        cut,                  ///< every connection ends, new ones at once
        silent,               ///< takes connections and bytes, and passes nothing on
        cut_at_publications,  ///< ends a connection when it has passed on what a client published
    };

    explicit MqttRelay(std::uint16_t broker_port);
    ~MqttRelay();
    MqttRelay(MqttRelay const&) = delete;
    MqttRelay& operator=(MqttRelay const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    /// From now on. A connection of which bytes were swallowed ends when others pass again.
    void be(Manner manner) { manner_ = manner; }
    /// Connections that came.
    [[nodiscard]] std::size_t connections() const { return connections_; }
    /// Packets of this type that clients have sent.
    [[nodiscard]] std::size_t sent_by_client(unsigned type) const { return counts_.at(type); }

  private:
    void accept_clients();
    void pass_on(FileDescriptor client);

    std::uint16_t const broker_port_;
    FreePort port_;
    FileDescriptor listener_;
    std::atomic<bool> stopping_ = false;
    std::atomic<Manner> manner_ = Manner::passing;
    std::atomic<std::size_t> connections_ = 0;
    std::array<std::atomic<std::size_t>, 16> counts_{};
    std::vector<std::thread> links_;
    std::thread thread_;
};

}  // namespace test
