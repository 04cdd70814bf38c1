// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>
#include <bridge/spooled.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bridge {

/// Where the newest reading of a channel goes.
[[nodiscard]] std::string channel_topic(std::string const& device_topic, std::string const& channel);
/// Where the readings of a channel go that are not its newest.
[[nodiscard]] std::string history_topic(std::string const& device_topic, std::string const& channel);

/// What still has to reach the broker, and under which topic. Pure: the caller sends and reports back.
///
/// A reading leaves when the broker has acknowledged it, never before. The newest of a channel goes to its
/// own topic at once; one that is overtaken, because the broker was away or slow, follows on `history`,
/// oldest first and paced. So the channel's topic never goes back in time. Bounded in bytes: the oldest is
/// dropped, counted.
///
/// While the broker is away for long, readings lie in a spool: the caller puts there what `unspooled` gives,
/// and gives the spool's readings back, in order, as the backlog. A reading that is in both is sent once.
class Outbox {
  public:
    struct Outgoing {
        std::uint64_t id;
        std::string topic;
        std::string payload;
        bool retain;
    };

    struct Limits {
        std::size_t bytes = 2 * 1024 * 1024;  ///< topics and payloads that wait
        std::size_t in_flight = 200;          ///< sent and not acknowledged
        std::size_t history_in_flight = 20;   ///< of these, old ones
    };

    /// Whether the newest reading of this channel is sent as retained.
    using Retained = std::function<bool(std::string const& channel)>;

    Outbox(Limits limits, Retained retained) : limits_(limits), retained_(std::move(retained)) {}

    /// A reading of `<base>/<device>` and its channel (may be empty). A past one is overtaken already.
    void add(std::string const& device_topic, std::string const& channel, std::string payload,
             bool past = false, Timestamp time = {});

    /// A retained state; only its newest payload counts, and it is sent again at every connect.
    void set_state(std::string const& topic, std::string payload);

    /// An event of a device: waits for its acknowledgement, apart from the readings. `number` is the
    /// caller's, who bounds how many there are.
    void add_event(std::string const& topic, std::string payload, std::uint64_t number);
    /// The event that this acknowledgement is of; nothing if it is another's.
    [[nodiscard]] std::optional<std::uint64_t> acknowledged_event(std::uint64_t id);

    /// All states are to be sent once more.
    void resend_states();

    /// What to send now, in this order. Until `acknowledged` or `disconnected` it counts as in flight.
    [[nodiscard]] std::vector<Outgoing> take();

    void acknowledged(std::uint64_t id);

    /// Where a message in flight goes; empty if there is none of this number.
    [[nodiscard]] std::string topic_of(std::uint64_t id) const;
    /// This one is unsent again.
    void refused(std::uint64_t id);

    /// What was in flight is unsent again, and so are all states. (Sending twice changes nothing at the
    /// receiver.)
    void disconnected();

    /// What is here and not in the spool, oldest first.
    [[nodiscard]] std::vector<Spooled> unspooled() const;
    /// That is in the spool now, under the numbers from `first` on. What is overtaken leaves memory.
    void spooled(std::uint64_t first);
    /// How many of the spool's readings may come in now.
    [[nodiscard]] std::size_t backlog_room() const;
    /// The spool's next readings; it is read up to `last_read`. `more`: others follow, and go first.
    void add_backlog(std::vector<Spooled> readings, std::uint64_t last_read, bool more);
    /// The spool's readings up to this number have reached the broker, or were dropped by it.
    [[nodiscard]] std::uint64_t released() const;

    /// Bytes of the readings that wait in memory.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// Readings in memory that the broker has not acknowledged.
    [[nodiscard]] std::size_t depth() const { return waiting_; }
    /// True if there is nothing left to send or to wait for, states included.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

  private:
    struct Queued {
        std::string device_topic, channel, payload;
        Timestamp time;
        std::uint64_t in_flight_as = 0;
        std::uint64_t number = 0;  ///< in the spool; 0: it is not there
        bool backlog = false;      ///< came from there
        bool as_history = false;
        bool done = false;  ///< acknowledged, dropped or on disk; leaves the queue once it is the oldest
        [[nodiscard]] std::size_t bytes() const {
            return device_topic.size() + channel.size() + payload.size();
        }
    };
    struct State {
        std::string payload;
        std::uint64_t in_flight_as = 0;
        bool settled = false;
    };

    struct EventLetter {
        std::string topic, payload;
        std::uint64_t number;
        std::uint64_t in_flight_as = 0;
    };

    [[nodiscard]] bool is_newest(Queued const& queued) const;
    [[nodiscard]] Outgoing send(Queued& queued, bool as_history);
    void leave_to_spool(Queued& queued);
    void finish(Queued& queued);
    void drop_oldest();
    void reached_broker(std::uint64_t number);

    Limits limits_;
    Retained retained_;
    std::deque<Queued> readings_;  ///< oldest first; references stay valid, it changes at its ends only
    std::map<std::uint64_t, Queued> backlog_;  ///< by their number in the spool
    std::map<std::string, Queued*> newest_;    ///< by the channel's topic
    std::map<std::uint64_t, Queued*> in_flight_;
    std::map<std::string, State> states_;
    std::vector<EventLetter> events_;           ///< oldest first
    std::map<std::uint64_t, Queued*> in_both_;  ///< of `readings_`, by their number in the spool
    std::set<std::uint64_t> awaited_;           ///< numbers that were read and have not reached the broker
    std::set<std::uint64_t> ahead_;             ///< numbers that have, and were not read
    std::uint64_t last_read_ = 0;
    bool more_in_spool_ = false;
    std::size_t bytes_ = 0;
    std::size_t waiting_ = 0;
    std::size_t history_in_flight_ = 0;
    std::uint64_t next_id_ = 1;
    std::uint64_t dropped_ = 0;
    std::uint64_t delivered_ = 0;
};

}  // namespace bridge
