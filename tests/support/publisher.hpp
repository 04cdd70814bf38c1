// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// Publishes numbered messages at QoS 1 from a thread of its own, as MQTT 3.1.1, and knows of each whether
/// the broker acknowledged it. When the connection ends it makes a new one and goes on with the next message:
/// one that was on its way then counts as not acknowledged and is not sent again.
class Publisher {
  public:
    struct Text {
        std::string topic, payload;
    };
    struct Plan {
        std::uint16_t port = 0;
        std::size_t count = 0;
        std::size_t window = 200;  ///< sent and not yet acknowledged
        double per_second = 0;     ///< 0: as fast as the window lets it
        std::function<Text(std::size_t number)> message = {};
    };

    explicit Publisher(Plan plan);
    ~Publisher();
    Publisher(Publisher const&) = delete;
    Publisher& operator=(Publisher const&) = delete;

    [[nodiscard]] std::size_t sent() const { return sent_; }
    [[nodiscard]] std::size_t acknowledged_count() const { return acknowledged_count_; }
    [[nodiscard]] bool finished() const { return finished_; }
    /// Sends no more, waits for the thread.
    void stop();
    /// By number. Only after `finished()` or `stop()`.
    [[nodiscard]] std::vector<bool> const& acknowledged() const { return acknowledged_; }

  private:
    void work();
    void one_connection(int socket);

    Plan const plan_;
    std::vector<bool> acknowledged_;
    std::atomic<std::size_t> sent_ = 0, acknowledged_count_ = 0;
    std::atomic<bool> finished_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace test
