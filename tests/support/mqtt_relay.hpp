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

/// Stands between a client and its broker, passes everything on and counts what the client sends: the only
/// place where one sees what a client acknowledges.
class MqttRelay {
  public:
    explicit MqttRelay(std::uint16_t broker_port);
    ~MqttRelay();
    MqttRelay(MqttRelay const&) = delete;
    MqttRelay& operator=(MqttRelay const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    /// Packets of this type that clients have sent.
    [[nodiscard]] std::size_t sent_by_client(unsigned type) const { return counts_.at(type); }

  private:
    void accept_clients();
    void pass_on(FileDescriptor client);

    std::uint16_t const broker_port_;
    FreePort port_;
    FileDescriptor listener_;
    std::atomic<bool> stopping_ = false;
    std::array<std::atomic<std::size_t>, 16> counts_{};
    std::vector<std::thread> links_;
    std::thread thread_;
};

}  // namespace test
