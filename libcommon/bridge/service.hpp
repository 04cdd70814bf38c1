// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace bridge {

/// What the environment says of the service manager that started us (systemd's sd_notify protocol).
struct ServiceManager {
    std::string socket;                                 ///< empty: there is none; `@name` is abstract
    std::optional<std::chrono::microseconds> watchdog;  ///< it wants a sign of life in this time
    [[nodiscard]] static ServiceManager from_environment(
        std::function<std::optional<std::string>(std::string const&)> const& environment, int own_pid);
};

/// Tells the service manager how the program is. Signs of life are given by the loop itself, so that a loop
/// that hangs gives none. Where there is no manager, nothing happens.
class Service {
  public:
    Service(boost::asio::any_io_executor loop, ServiceManager manager);

    /// The settings are right and the loop runs. From now on the watchdog is fed.
    void ready();
    /// A sentence for people; said when it changes.
    void status(std::string const& sentence);
    void reloading();
    void stopping();

  private:
    void feed();
    void notify(std::string const& text) const;

    ServiceManager manager_;
    boost::asio::steady_timer timer_;
    std::string status_;
};

}  // namespace bridge
