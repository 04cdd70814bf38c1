// SPDX-License-Identifier: MIT
#include <bridge/listener.hpp>

#include <chrono>
#include <utility>

namespace bridge {

namespace {

constexpr std::size_t most_waiting = 1000;
constexpr std::size_t longest = std::size_t{64} * 1024;
constexpr auto disconnect_deadline = std::chrono::milliseconds(500);

}  // namespace

Listener::Listener(boost::asio::any_io_executor loop, Log log, MqttSettings settings, std::string client_id,
                   std::vector<std::string> filters, Heard heard)
    : mailbox_(Mailbox<MqttMessage>::open(loop, most_waiting, [heard = std::move(heard)](auto messages) {
          for (auto const& message : messages) heard(message);
      })) {
    MqttSession session;
    session.client_id = std::move(client_id);
    session.subscriptions = std::move(filters);
    MqttClient::Handlers handlers;
    handlers.received = [mailbox = mailbox_](MqttArrival const& arrival) {
        if (arrival.payload.size() > longest) return;
        // What does not fit into the mailbox is counted by it.
        (void)mailbox->push({std::string(arrival.topic), std::string(arrival.payload), arrival.retained});
    };
    mqtt_ = std::make_unique<MqttClient>(std::move(loop), log, std::move(settings), std::move(session),
                                         std::move(handlers));
    mqtt_->start();
}

boost::asio::awaitable<void> Listener::stop() {
    mailbox_->close();
    co_await mqtt_->stop(disconnect_deadline);
    mqtt_.reset();
}

}  // namespace bridge
