// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/outbox.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// The way from a program's readings and states to the broker: what is given here waits until the broker has
/// acknowledged it. All on one loop.
class Delivery {
  public:
    struct Settings {
        MqttSettings mqtt;
        MqttSession session;
        bool dry_run = false;  ///< print `topic payload` lines instead; there is no broker
        bool held = false;     ///< nothing goes out before `let_go`
    };
    struct Hooks {
        /// The broker answered: connected now, or `trouble` says why not.
        std::function<void()> broker_answered;
        /// Something was acknowledged.
        std::function<void()> progressed;
    };

    Delivery(boost::asio::any_io_executor loop, Log log, Settings settings, Hooks hooks);
    ~Delivery();
    Delivery(Delivery const&) = delete;
    Delivery& operator=(Delivery const&) = delete;

    /// Begins to connect; returns at once.
    void start();

    /// As `Outbox` has them.
    void add(std::string const& device_topic, std::string const& channel, std::string payload, bool past);
    void set_state(std::string const& topic, std::string payload);
    void let_go();

    /// Calls back once, on the loop, when all that was added until then is acknowledged.
    void when_delivered(std::function<void()> delivered);
    /// Something is on its way to `add`, and does not count as delivered while this says so.
    void wait_also_for(std::function<bool()> more);

    [[nodiscard]] bool connected() const;
    /// `5` or `3.1.1` while connected.
    [[nodiscard]] std::string_view protocol() const;
    /// Why there is no connection; empty while there is one, or none was tried to the end.
    [[nodiscard]] std::string const& trouble() const { return trouble_; }
    [[nodiscard]] bool settled() const { return outbox_.settled(); }
    [[nodiscard]] Outbox const& outbox() const { return outbox_; }

    enum class Ending { flush, at_once };
    /// Hands over what still waits, as long as that is worth its time, and disconnects in order.
    boost::asio::awaitable<void> stop(Ending ending);

  private:
    void pump();
    void print_all();
    void tell_delivered();

    Log log_;
    Settings settings_;
    Hooks hooks_;
    Outbox outbox_;
    boost::asio::steady_timer flush_;
    std::vector<std::function<void()>> awaiting_;
    std::function<bool()> more_ = [] { return false; };
    std::unique_ptr<MqttClient> mqtt_;
    std::string trouble_;
};

}  // namespace bridge
