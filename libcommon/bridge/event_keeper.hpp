// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/delivery.hpp>
#include <bridge/events.hpp>
#include <bridge/log.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace bridge {

/// Publishes what happens to devices, `<base>/<device>/event` and `alerts`, and keeps in a file what has been
/// said and what the broker has not acknowledged. All on one loop.
class EventKeeper {
  public:
    /// `file` empty: nothing is kept, and after a restart it is said again.
    EventKeeper(boost::asio::any_io_executor loop, Log log, Delivery& delivery, std::string base,
                std::string file);

    /// Says what an earlier run left raised or unsent. A file that cannot be understood is set aside.
    void start();
    /// As `Events` has them. `device` is a level of a topic.
    void conditions(std::string const& device, Timestamp time, std::vector<Condition> const& conditions);
    void occurred(std::string const& device, Occurrence const& occurrence);
    void acknowledged(std::uint64_t number);
    /// Keeps what is new, and no longer publishes.
    void stop();

    [[nodiscard]] std::uint64_t dropped() const { return events_.dropped(); }

  private:
    void publish(std::string const& device);
    void keep_soon();
    void keep();

    Log log_;
    Delivery& delivery_;
    std::string base_;
    std::string file_;
    Events events_;
    std::uint64_t given_ = 0;  ///< to the delivery, up to this number
    boost::asio::steady_timer keep_;
    std::string told_;
    bool changed_ = false;
};

}  // namespace bridge
