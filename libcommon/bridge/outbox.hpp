// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace bridge {

/// Where the readings of a channel go that are not its newest.
[[nodiscard]] std::string history_topic(std::string const& device_topic, std::string const& channel);

/// What still has to reach the broker, and under which topic. Pure: the caller sends and reports back.
///
/// A reading leaves when the broker has acknowledged it, never before. The newest of a channel goes to its
/// own topic at once; one that is overtaken, because the broker was away or slow, follows on `history`,
/// oldest first and paced. So the channel's topic never goes back in time. Bounded in bytes: the oldest is
/// dropped, counted.
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

    /// `retain_readings`: the newest of a channel is sent as retained.
    Outbox(Limits limits, bool retain_readings) : limits_(limits), retain_readings_(retain_readings) {}

    /// A reading of `<base>/<device>` and its channel (may be empty). A past one is overtaken already.
    void add(std::string const& device_topic, std::string const& channel, std::string payload,
             bool past = false);

    /// A retained state; only its newest payload counts, and it is sent again at every connect.
    void set_state(std::string const& topic, std::string payload);

    /// What to send now, in this order. Until `acknowledged` or `disconnected` it counts as in flight.
    [[nodiscard]] std::vector<Outgoing> take();

    void acknowledged(std::uint64_t id);

    /// What was in flight is unsent again, and so are all states. (Sending twice changes nothing at the
    /// receiver.)
    void disconnected();

    /// Readings that the broker has not acknowledged.
    [[nodiscard]] std::size_t depth() const { return waiting_; }
    /// True if there is nothing left to send or to wait for, states included.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

  private:
    struct Queued {
        std::string device_topic, channel, payload;
        std::uint64_t in_flight_as = 0;
        bool as_history = false;
        bool done = false;  ///< acknowledged or dropped; leaves the queue once it is the oldest
        [[nodiscard]] std::size_t bytes() const {
            return device_topic.size() + channel.size() + payload.size();
        }
    };
    struct State {
        std::string payload;
        std::uint64_t in_flight_as = 0;
        bool settled = false;
    };

    [[nodiscard]] Outgoing send(Queued& queued, bool as_history);
    void finish(Queued& queued);
    void drop_oldest();

    Limits limits_;
    bool retain_readings_;
    std::deque<Queued> readings_;  ///< oldest first; references stay valid, it changes at its ends only
    std::map<std::string, Queued*> newest_;  ///< by the channel's topic
    std::map<std::uint64_t, Queued*> in_flight_;
    std::map<std::string, State> states_;
    std::size_t bytes_ = 0;
    std::size_t waiting_ = 0;
    std::size_t history_in_flight_ = 0;
    std::uint64_t next_id_ = 1;
    std::uint64_t dropped_ = 0;
    std::uint64_t delivered_ = 0;
};

}  // namespace bridge
