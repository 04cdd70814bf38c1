// SPDX-License-Identifier: MIT
#include <bridge/delivery.hpp>

#include <bridge/clock_gate.hpp>

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
constexpr std::size_t most_heard = 1000;
constexpr std::size_t longest_heard = std::size_t{256} * 1024;
constexpr auto refused_wait = std::chrono::seconds(10);
constexpr auto keep_interval = std::chrono::seconds(1);
/// A broker that is there and does not keep up: from so much memory on, readings go to disk too.
constexpr std::size_t spill_bytes = Outbox::Limits{}.bytes / 2;

/// The number of messages that nobody waits for.
constexpr std::uint64_t nobodys = 0;

/// The time to judge a reading's age by; before all times while the clock is not set.
Timestamp age_clock() {
    auto const now = Clocks::now().wall;
    return is_set(now) ? now : Timestamp{};
}

}  // namespace

Delivery::Delivery(asio::any_io_executor loop, Log log, Settings settings, Hooks hooks)
    : log_(log),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      outbox_({}, settings_.retained),
      keep_(loop),
      flush_(loop),
      refused_again_(loop) {
    if (settings_.dry_run) return;
    open_spool();
    MqttClient::Handlers handlers;
    handlers.refused = [this](std::uint64_t id, std::string const& why) { note_refused(id, why); };
    handlers.connected = [this] {
        refused_.clear();
        trouble_.clear();
        hooks_.broker_answered();
        pump();
    };
    handlers.disconnected = [this](Error const& error) {
        trouble_ = error.detail;
        outbox_.disconnected();
        flush_.cancel();
        keep_soon();
        hooks_.broker_answered();
    };
    handlers.acknowledged = [this](std::uint64_t id) {
        note_acknowledged(id);
        if (spool_) spool_->release(outbox_.released());
        tell_delivered();
        pump();
        hooks_.progressed();
        if (outbox_.settled()) flush_.cancel();
    };
    if (hooks_.heard) {
        mailbox_ = Mailbox<MqttMessage>::open(loop, most_heard, [this](auto messages) {
            for (auto const& message : messages) hooks_.heard(message);
        });
        handlers.received = [mailbox = mailbox_, too_long = too_long_](MqttArrival const& arrival) {
            if (arrival.payload.size() > longest_heard) {
                too_long->fetch_add(1, std::memory_order_relaxed);
                return;
            }
            // What does not fit into the mailbox is counted by it.
            (void)mailbox->push({std::string(arrival.topic), std::string(arrival.payload), arrival.retained});
        };
    }
    mqtt_ = std::make_unique<MqttClient>(std::move(loop), log_, settings_.mqtt, settings_.session,
                                         std::move(handlers));
}

Delivery::~Delivery() = default;

/// Without a spool readings wait in memory: that is worse, and better than no readings.
void Delivery::open_spool() {
    if (!settings_.spool) return;
    auto opened = Spool::open(*settings_.spool);
    if (!opened) {
        log_.error("spool", "unusable", {{"detail", opened.error().detail}});
        return;
    }
    spool_ = std::move(*opened);
    if (spool_->depth() == 0 && spool_->damaged_bytes() == 0) return;
    log_.info("spool", "found",
              {{"readings", static_cast<std::int64_t>(spool_->depth())},
               {"damaged_bytes", static_cast<std::int64_t>(spool_->damaged_bytes())}});
}

void Delivery::start() {
    if (mqtt_) mqtt_->start();
    keep_soon();
}

void Delivery::add(std::string const& device_topic, std::string const& channel, std::string payload,
                   bool past, Timestamp time) {
    if (!past) {
        auto topic = channel_topic(device_topic, channel);
        newest_[topic] = MqttMessage{topic, payload, settings_.retained(channel)};
    }
    outbox_.add(device_topic, channel, std::move(payload), past, time);
    pump();
    if (outbox_.bytes() > spill_bytes && connected()) keep();
}

std::uint64_t Delivery::waiting() const { return outbox_.depth() + (spool_ ? spool_->depth() : 0); }

std::uint64_t Delivery::dropped() const { return outbox_.dropped() + (spool_ ? spool_->dropped() : 0); }

std::uint64_t Delivery::unheard() const {
    return too_long_->load(std::memory_order_relaxed) + (mailbox_ ? mailbox_->dropped() : 0);
}

void Delivery::note_acknowledged(std::uint64_t id) {
    if (id == nobodys) return;
    auto const event = outbox_.acknowledged_event(id);
    if (!event) return outbox_.acknowledged(id);
    if (*event != nobodys) hooks_.event_acknowledged(*event);
}

/// The broker's rules may change while the connection lasts. Until then it is there, and does not take this.
void Delivery::note_refused(std::uint64_t id, std::string const& why) {
    auto const topic = outbox_.topic_of(id);
    bool const waits = !topic.empty();
    if (refused_topics_.insert(topic).second) {
        log_.error("mqtt", "refused",
                   {{"topic", waits ? topic : "of discovery or of an answer, which is not tried again"},
                    {"detail", why}});
    }
    if (!waits) return;
    if (refused_.empty()) try_refused_again();
    refused_.push_back(id);
}

void Delivery::try_refused_again() {
    refused_again_.expires_after(refused_wait);
    refused_again_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled || stopping_) return;
        for (auto const id : std::exchange(refused_, {})) outbox_.refused(id);
        pump();
    });
}

void Delivery::keep_soon() {
    if (!spool_ || stopping_) return;
    keep_.expires_after(keep_interval);
    keep_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        if (connected()) {
            keeping_ = false;
            return;
        }
        keep();
        keep_soon();
    });
}

void Delivery::keep() {
    if (!spool_) return;
    auto const readings = outbox_.unspooled();
    if (readings.empty()) return;
    auto const first = spool_->append(readings);
    std::string const trouble = first ? std::string() : first.error().detail;
    if (std::exchange(spool_trouble_, trouble) != trouble && !trouble.empty()) {
        log_.error("spool", "refused", {{"detail", trouble}});
    }
    if (!first) return;
    outbox_.spooled(*first);
    if (!std::exchange(keeping_, true)) log_.info("spool", "keeping");
}

/// The spool's readings come in as those before them leave.
void Delivery::refill() {
    if (!spool_ || stopping_) return;
    while (spool_->has_more()) {
        std::size_t const room = outbox_.backlog_room();
        if (room == 0) return;
        auto readings = spool_->read(room, age_clock());
        outbox_.add_backlog(std::move(readings), spool_->last_read(), spool_->has_more());
    }
    spool_->release(outbox_.released());
}

void Delivery::set_state(std::string const& topic, std::string payload) {
    outbox_.set_state(topic, std::move(payload));
    pump();
}

void Delivery::add_event(std::string const& topic, std::string payload, std::uint64_t number) {
    outbox_.add_event(topic, std::move(payload), number);
    pump();
}

void Delivery::add_answer(std::string const& topic, std::string payload) {
    add_event(topic, std::move(payload), nobodys);
}

void Delivery::say(MqttMessage message) {
    if (connected()) (void)mqtt_->publish(message, nobodys);
}

void Delivery::ask(std::vector<std::string> const& filters) {
    if (connected()) mqtt_->ask(filters);
}

void Delivery::stop_asking(std::vector<std::string> const& filters) {
    if (connected()) mqtt_->stop_asking(filters);
}

void Delivery::republish() {
    outbox_.resend_states();
    pump();
    if (!connected()) return;
    for (auto const& [topic, message] : newest_) (void)mqtt_->publish(message, nobodys);
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
    if (waiting() > 0 || more_()) return;
    for (auto const& delivered : std::exchange(awaiting_, {})) delivered();
}

bool Delivery::connected() const { return mqtt_ && mqtt_->connected(); }

std::string_view Delivery::protocol() const { return mqtt_ ? mqtt_->protocol() : std::string_view(); }

void Delivery::pump() {
    if (settings_.held) return;
    if (settings_.dry_run) return print_all();
    if (!connected()) return;
    refill();
    bool sent = true;
    for (auto const& message : outbox_.take()) {
        sent = sent && mqtt_->publish({message.topic, message.payload, message.retain}, message.id);
        // The connection is ending, or the library has its hands full: after the next acknowledgement.
        if (!sent) outbox_.refused(message.id);
    }
}

/// Standard output takes everything at once.
void Delivery::print_all() {
    for (auto messages = outbox_.take(); !messages.empty(); messages = outbox_.take()) {
        for (auto const& message : messages) {
            fmt::print("{} {}\n", message.topic, message.payload);
            note_acknowledged(message.id);
        }
    }
    std::fflush(stdout);
    tell_delivered();
}

asio::awaitable<void> Delivery::stop(Ending ending) {
    if (!mqtt_) co_return;
    stopping_ = true;
    keep_.cancel();
    refused_again_.cancel();
    if (mailbox_) mailbox_->close();
    bool const worth_waiting = connected() || ending == Ending::flush_when_connected;
    if (ending != Ending::at_once && worth_waiting && !outbox_.settled()) {
        flush_.expires_after(flush_deadline);
        co_await flush_.async_wait(token);
    }
    co_await mqtt_->stop(disconnect_deadline);
    mqtt_.reset();
    if (ending == Ending::at_once) co_return;
    outbox_.disconnected();
    keep();
    auto const lost = static_cast<std::int64_t>(outbox_.unspooled().size());
    if (lost > 0) log_.warn("bridge", "undelivered", {{"readings", lost}});
}

}  // namespace bridge
