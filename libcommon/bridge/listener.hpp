// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/mailbox.hpp>
#include <bridge/mqtt.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridge {

/// What comes from the broker, over a connection of its own: a broker that does not let us subscribe must not
/// keep us from publishing. All on one loop.
class Listener {
  public:
    /// Messages arrive on the loop, in order. Those of more than 64 KiB are left out.
    using Heard = std::function<void(MqttMessage const&)>;

    Listener(boost::asio::any_io_executor loop, Log log, MqttSettings settings, std::string client_id,
             std::vector<std::string> filters, Heard heard);

    /// Messages that came too fast to be heard.
    [[nodiscard]] std::uint64_t missed() const { return mailbox_->dropped(); }

    /// Ends the connection; nothing is heard after it.
    boost::asio::awaitable<void> stop();

  private:
    std::shared_ptr<Mailbox<MqttMessage>> mailbox_;
    std::unique_ptr<MqttClient> mqtt_;
};

}  // namespace bridge
