// SPDX-License-Identifier: MIT
#include <bridge/delivery.hpp>

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

namespace bridge {

namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto flush_deadline = std::chrono::seconds(3);
constexpr auto disconnect_deadline = std::chrono::milliseconds(500);

}  // namespace

Delivery::Delivery(asio::any_io_executor loop, Log log, Settings settings, Hooks hooks)
    : log_(log),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      outbox_({}, settings_.mqtt.retain),
      flush_(loop) {
    if (settings_.dry_run) return;
    MqttClient::Handlers handlers;
    handlers.connected = [this] {
        trouble_.clear();
        hooks_.broker_answered();
        pump();
    };
    handlers.disconnected = [this](Error const& error) {
        trouble_ = error.detail;
        outbox_.disconnected();
        flush_.cancel();
        hooks_.broker_answered();
    };
    handlers.acknowledged = [this](std::uint64_t id) {
        outbox_.acknowledged(id);
        tell_delivered();
        pump();
        hooks_.progressed();
        if (outbox_.settled()) flush_.cancel();
    };
    mqtt_ = std::make_unique<MqttClient>(std::move(loop), log_, settings_.mqtt, settings_.session,
                                         std::move(handlers));
}

Delivery::~Delivery() = default;

void Delivery::start() {
    if (mqtt_) mqtt_->start();
}

void Delivery::add(std::string const& device_topic, std::string const& channel, std::string payload,
                   bool past) {
    outbox_.add(device_topic, channel, std::move(payload), past);
    pump();
}

void Delivery::set_state(std::string const& topic, std::string payload) {
    outbox_.set_state(topic, std::move(payload));
    pump();
}

void Delivery::let_go() {
    settings_.held = false;
    pump();
}

void Delivery::when_delivered(std::function<void()> delivered) {
    awaiting_.push_back(std::move(delivered));
    // There may be nothing to wait for.
    asio::post(flush_.get_executor(), [this] { tell_delivered(); });
}

void Delivery::wait_also_for(std::function<bool()> more) { more_ = std::move(more); }

void Delivery::tell_delivered() {
    if (outbox_.depth() > 0 || more_()) return;
    for (auto const& delivered : std::exchange(awaiting_, {})) delivered();
}

bool Delivery::connected() const { return mqtt_ && mqtt_->connected(); }

std::string_view Delivery::protocol() const { return mqtt_ ? mqtt_->protocol() : std::string_view(); }

void Delivery::pump() {
    if (settings_.held) return;
    if (settings_.dry_run) return print_all();
    if (!connected()) return;
    for (auto const& message : outbox_.take()) {
        // A refusal is a connection that is ending; its end makes everything unsent again.
        if (!mqtt_->publish({message.topic, message.payload, message.retain}, message.id)) break;
    }
}

/// Standard output takes everything at once.
void Delivery::print_all() {
    for (auto messages = outbox_.take(); !messages.empty(); messages = outbox_.take()) {
        for (auto const& message : messages) {
            fmt::print("{} {}\n", message.topic, message.payload);
            outbox_.acknowledged(message.id);
        }
    }
    std::fflush(stdout);
    tell_delivered();
}

asio::awaitable<void> Delivery::stop(Ending ending) {
    if (!mqtt_) co_return;
    if (ending == Ending::flush && connected() && !outbox_.settled()) {
        flush_.expires_after(flush_deadline);
        co_await flush_.async_wait(token);
    }
    co_await mqtt_->stop(disconnect_deadline);
    mqtt_.reset();
    if (ending == Ending::at_once || outbox_.depth() == 0) co_return;
    log_.warn("bridge", "undelivered", {{"readings", static_cast<std::int64_t>(outbox_.depth())}});
}

}  // namespace bridge
