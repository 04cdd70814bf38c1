// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/mailbox.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/outbox.hpp>
#include <bridge/spool.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// The way from a program's readings and states to the broker: what is given here waits until the broker has
/// acknowledged it. While the broker is away, readings go to disk once a second; while it is there, nothing
/// is written. All on one loop.
class Delivery {
  public:
    struct Settings {
        MqttSettings mqtt;
        MqttSession session;
        bool dry_run = false;  ///< print `topic payload` lines instead; there is no broker
        bool held = false;     ///< nothing goes out before `let_go`
        /// Which channels' newest readings the broker is to keep.
        Outbox::Retained retained = [](std::string const&) { return false; };
        std::optional<Spool::Settings> spool = std::nullopt;  ///< nothing: readings wait in memory only
    };
    struct Hooks {
        /// The broker answered: connected now, or `trouble` says why not.
        std::function<void()> broker_answered;
        /// Something was acknowledged.
        std::function<void()> progressed;
        /// The broker has the event of this number.
        std::function<void(std::uint64_t)> event_acknowledged = {};
        /// What the session's subscriptions bring, on the loop; messages of more than 256 KiB are left out,
        /// counted.
        std::function<void(MqttMessage const&)> heard = {};
    };

    Delivery(boost::asio::any_io_executor loop, Log log, Settings settings, Hooks hooks);
    ~Delivery();
    Delivery(Delivery const&) = delete;
    Delivery& operator=(Delivery const&) = delete;

    /// Begins to connect; returns at once.
    void start();

    /// As `Outbox` has them.
    void add(std::string const& device_topic, std::string const& channel, std::string payload, bool past,
             Timestamp time);
    void set_state(std::string const& topic, std::string payload);
    void add_event(std::string const& topic, std::string payload, std::uint64_t number);
    /// Waits for its acknowledgement, like an event, and nobody is told of it.
    void add_answer(std::string const& topic, std::string payload);
    /// Said now or never: nobody waits for it.
    void say(MqttMessage message);
    /// As `MqttClient` has them.
    void ask(std::vector<std::string> const& filters);
    void stop_asking(std::vector<std::string> const& filters);
    /// Sends all states and each channel's newest reading again.
    void republish();
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
    /// Readings that the broker has not acknowledged.
    [[nodiscard]] std::uint64_t waiting() const;
    [[nodiscard]] std::uint64_t delivered() const { return outbox_.delivered(); }
    /// Readings lost because they were too many or too old.
    [[nodiscard]] std::uint64_t dropped() const;
    /// Messages of the subscriptions that were too many at once, or too long, to be heard.
    [[nodiscard]] std::uint64_t unheard() const;
    /// Nothing where readings wait in memory only.
    [[nodiscard]] std::optional<Spool> const& spool() const { return spool_; }

    enum class Ending {
        flush,
        flush_when_connected,  ///< what is at the broker is not true any more, connected or not
        at_once,
    };
    /// Hands over what still waits, as long as that is worth its time, and disconnects in order.
    boost::asio::awaitable<void> stop(Ending ending);

  private:
    void open_spool();
    void pump();
    void refill();
    void keep_soon();
    void keep();
    void print_all();
    void tell_delivered();
    void note_acknowledged(std::uint64_t id);
    void note_refused(std::uint64_t id, std::string const& why);
    void try_refused_again();

    Log log_;
    Settings settings_;
    Hooks hooks_;
    Outbox outbox_;
    std::optional<Spool> spool_;
    std::string spool_trouble_;  ///< as it was logged
    bool keeping_ = false;       ///< readings go to disk
    bool stopping_ = false;
    boost::asio::steady_timer keep_;
    boost::asio::steady_timer flush_;
    boost::asio::steady_timer refused_again_;
    std::vector<std::uint64_t> refused_;    ///< in this connection, to be tried again
    std::set<std::string> refused_topics_;  ///< that the log has named
    std::vector<std::function<void()>> awaiting_;
    std::function<bool()> more_ = [] { return false; };
    std::map<std::string, MqttMessage> newest_;  ///< by the channel's topic
    std::shared_ptr<Mailbox<MqttMessage>> mailbox_;
    std::shared_ptr<std::atomic<std::uint64_t>> too_long_ = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::unique_ptr<MqttClient> mqtt_;
    std::string trouble_;
};

}  // namespace bridge
