// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include "catch.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace bridge;

namespace {

/// `topic=payload`, with `!` where retained.
std::vector<std::string> shown(std::vector<Outbox::Outgoing> const& messages) {
    std::vector<std::string> lines;
    for (auto const& message : messages)
        lines.push_back(message.topic + "=" + message.payload + (message.retain ? "!" : ""));
    return lines;
}

void acknowledge_all(Outbox& outbox, std::vector<Outbox::Outgoing> const& messages) {
    for (auto const& message : messages) outbox.acknowledged(message.id);
}

using Lines = std::vector<std::string>;

bool never(std::string const&) { return false; }
bool always(std::string const&) { return true; }

}  // namespace

TEST_CASE("the newest reading goes to its own topic first, then the history, oldest first") {
    Outbox outbox({}, never);
    for (auto const* payload : {"1", "2", "3", "4"}) outbox.add("m/a", "", payload);
    outbox.add("m/a", "10s", "x");
    outbox.add("m/a", "10s", "y");
    CHECK(shown(outbox.take()) == Lines{"m/a=4", "m/a/10s=y", "m/a/history=1", "m/a/history=2",
                                        "m/a/history=3", "m/a/history/10s=x"});
}

TEST_CASE("a reading that is sent at once never touches the history") {
    Outbox outbox({}, never);
    for (auto const* payload : {"1", "2", "3"}) {
        outbox.add("m/a", "", payload);
        CHECK(shown(outbox.take()) == Lines{std::string("m/a=") + payload});
    }
}

TEST_CASE("a past reading goes to history and leaves the newest where it is") {
    Outbox outbox({}, always);
    outbox.add("m/a", "kh", "newest");
    outbox.add("m/a", "kh", "older", true);
    outbox.add("m/a", "kh", "old", true);
    CHECK(shown(outbox.take()) == Lines{"m/a/kh=newest!", "m/a/history/kh=older", "m/a/history/kh=old"});
}

TEST_CASE("past readings without a newest one are bounded too") {
    Outbox outbox({.bytes = 100}, always);
    for (int i = 0; i < 20; ++i) outbox.add("m/a", "kh", std::string(15, 'x'), true);
    CHECK(outbox.dropped() == 15);
    CHECK(outbox.depth() == 5);
    acknowledge_all(outbox, outbox.take());
    CHECK(outbox.settled());
}

TEST_CASE("readings are retained as their channel is, the history never") {
    Outbox outbox({}, [](std::string const& channel) { return channel == "kh"; });
    for (auto const* channel : {"", "kh"}) {
        outbox.add("m/a", channel, "1");
        outbox.add("m/a", channel, "2");
    }
    CHECK(shown(outbox.take()) == Lines{"m/a=2", "m/a/kh=2!", "m/a/history=1", "m/a/history/kh=1"});
}

TEST_CASE("a reading leaves with its acknowledgement and not before") {
    Outbox outbox({}, never);
    outbox.add("m/a", "", "1");
    auto const sent = outbox.take();
    CHECK(outbox.depth() == 1);
    CHECK_FALSE(outbox.settled());
    CHECK(outbox.take().empty());
    acknowledge_all(outbox, sent);
    CHECK(outbox.depth() == 0);
    CHECK(outbox.settled());
    CHECK(outbox.delivered() == 1);
}

TEST_CASE("an acknowledgement counts once, and a foreign one not at all") {
    Outbox outbox({}, never);
    outbox.add("m/a", "", "1");
    outbox.add("m/a", "", "2");
    auto const sent = outbox.take();
    outbox.acknowledged(sent.front().id);
    outbox.acknowledged(sent.front().id);
    outbox.acknowledged(0);
    outbox.acknowledged(999);
    CHECK(outbox.depth() == 1);
    CHECK(outbox.delivered() == 1);
}

TEST_CASE("what was in flight when the connection ended is sent again") {
    Outbox outbox({}, never);
    outbox.add("m/a", "", "1");
    auto const before = outbox.take();
    outbox.disconnected();
    auto const after = outbox.take();
    CHECK(shown(after) == Lines{"m/a=1"});
    CHECK(after.front().id != before.front().id);
    outbox.acknowledged(before.front().id);
    CHECK(outbox.depth() == 1);
    outbox.acknowledged(after.front().id);
    CHECK(outbox.depth() == 0);
}

TEST_CASE("a reading overtaken while the broker was away follows on the history") {
    Outbox outbox({}, never);
    outbox.add("m/a", "", "1");
    (void)outbox.take();  // lost with the connection
    outbox.disconnected();
    outbox.add("m/a", "", "2");
    CHECK(shown(outbox.take()) == Lines{"m/a=2", "m/a/history=1"});
}

TEST_CASE("the history is paced, and goes on with each acknowledgement") {
    Outbox outbox({.history_in_flight = 2}, never);
    for (auto const* payload : {"1", "2", "3", "4", "5"}) outbox.add("m/a", "", payload);
    auto const first = outbox.take();
    CHECK(shown(first) == Lines{"m/a=5", "m/a/history=1", "m/a/history=2"});
    CHECK(outbox.take().empty());
    outbox.acknowledged(first[0].id);
    CHECK(outbox.take().empty());
    outbox.acknowledged(first[1].id);
    CHECK(shown(outbox.take()) == Lines{"m/a/history=3"});
}

TEST_CASE("the newest does not wait for the history's pace") {
    Outbox outbox({.history_in_flight = 1}, never);
    for (auto const* payload : {"1", "2", "3"}) outbox.add("m/a", "", payload);
    (void)outbox.take();  // history is full now
    outbox.add("m/a", "", "4");
    CHECK(shown(outbox.take()) == Lines{"m/a=4"});
}

TEST_CASE("no more than so many are in flight") {
    Outbox outbox({.in_flight = 3, .history_in_flight = 20}, never);
    for (auto const* device : {"m/a", "m/b"}) {
        for (auto const* payload : {"1", "2", "3"}) outbox.add(device, "", payload);
    }
    CHECK(shown(outbox.take()) == Lines{"m/a=3", "m/b=3", "m/a/history=1"});
    CHECK(outbox.take().empty());
}

TEST_CASE("states go before readings, are retained, and only their newest counts") {
    Outbox outbox({}, never);
    outbox.add("m/a", "", "1");
    outbox.set_state("m/bridge/state", "offline");
    outbox.set_state("m/bridge/state", "online");
    CHECK(shown(outbox.take()) == Lines{"m/bridge/state=online!", "m/a=1"});
}

TEST_CASE("a state that changes while it is in flight is sent again") {
    Outbox outbox({}, never);
    outbox.set_state("s", "online");
    auto const first = outbox.take();
    outbox.set_state("s", "offline");
    outbox.acknowledged(first.front().id);
    CHECK_FALSE(outbox.settled());
    auto const second = outbox.take();
    CHECK(shown(second) == Lines{"s=offline!"});
    acknowledge_all(outbox, second);
    CHECK(outbox.settled());
    CHECK(outbox.take().empty());
}

TEST_CASE("every connection gets every state") {
    Outbox outbox({}, never);
    outbox.set_state("a", "1");
    outbox.set_state("b", "2");
    acknowledge_all(outbox, outbox.take());
    REQUIRE(outbox.settled());
    outbox.disconnected();
    CHECK_FALSE(outbox.settled());
    CHECK(shown(outbox.take()) == Lines{"a=1!", "b=2!"});
}

TEST_CASE("a full queue drops the oldest and counts it, never the newest of a channel") {
    // Each reading is 3 + 0 + 10 bytes.
    Outbox outbox({.bytes = 3 * 13}, never);
    outbox.add("m/b", "", "newest  b ");
    for (int i = 0; i < 5; ++i) outbox.add("m/a", "", "reading " + std::to_string(i) + " ");
    CHECK(outbox.depth() == 3);
    CHECK(outbox.dropped() == 3);
    CHECK(shown(outbox.take()) == Lines{"m/a=reading 4 ", "m/b=newest  b ", "m/a/history=reading 3 "});
}

TEST_CASE("what is in flight is not dropped") {
    Outbox outbox({.bytes = 2 * 13}, never);
    outbox.add("m/a", "", "reading 0 ");
    auto const sent = outbox.take();
    for (int i = 1; i < 4; ++i) outbox.add("m/a", "", "reading " + std::to_string(i) + " ");
    CHECK(outbox.dropped() == 2);
    outbox.acknowledged(sent.front().id);
    CHECK(outbox.delivered() == 1);
    CHECK(outbox.depth() == 1);
}

TEST_CASE("one reading larger than the queue is kept while it is the newest") {
    Outbox outbox({.bytes = 10}, never);
    outbox.add("m/a", "", std::string(100, 'x'));
    CHECK(outbox.depth() == 1);
    outbox.add("m/a", "", "y");
    CHECK(outbox.dropped() == 1);
    CHECK(shown(outbox.take()) == Lines{"m/a=y"});
}

namespace {

/// A broker and the way to it, with every fault that MQTT allows: messages and acknowledgements come late,
/// and the end of a connection loses what was under way in either direction. Nothing is reordered.
class UnreliableBroker {
  public:
    UnreliableBroker(std::uint32_t seed, Outbox::Limits limits) : random_(seed), outbox_(limits, never) {}

    void storm(int steps) {
        for (int i = 0; i < steps; ++i) step();
    }

    /// From now on all goes well.
    void calm() {
        connected_ = true;
        do {
            send();
            while (!arriving_.empty()) arrive();
            while (!acknowledging_.empty()) acknowledge();
        } while (!outbox_.settled());
    }

    Outbox const& outbox() const { return outbox_; }
    std::uint64_t added() const { return added_; }
    std::uint64_t never_arrived() const { return added_ - arrived_.size(); }
    std::map<std::string, int> const& newest() const { return newest_; }
    std::map<std::string, int> const& kept() const { return kept_; }
    std::string const& fault() const { return fault_; }

  private:
    bool chance(int percent) { return std::uniform_int_distribution<>(1, 100)(random_) <= percent; }

    void step() {
        if (chance(30)) add();
        if (chance(2)) outbox_.set_state("m/bridge/state", std::to_string(added_));
        if (!connected_) {
            if (chance(5)) connected_ = true;
            return;
        }
        if (chance(50)) send();
        if (chance(60) && !arriving_.empty()) arrive();
        if (chance(50) && !acknowledging_.empty()) acknowledge();
        if (chance(3)) lose_connection();
        if (outbox_.delivered() + outbox_.dropped() + outbox_.depth() != added_)
            fault_ = "the counts do not add up";
    }

    void add() {
        std::string const device = chance(70) ? "m/a" : "m/b";
        std::string const channel = chance(70) ? "" : "10s";
        ++added_;
        std::string const topic = device + (channel.empty() ? "" : "/" + channel);
        newest_[topic] = static_cast<int>(added_);
        outbox_.add(device, channel, std::to_string(added_));
    }

    void send() {
        for (auto& message : outbox_.take()) arriving_.push_back(std::move(message));
    }

    void arrive() {
        Outbox::Outgoing const message = arriving_.front();
        arriving_.pop_front();
        acknowledging_.push_back(message.id);
        if (message.topic == "m/bridge/state") return;
        int const number = std::stoi(message.payload);
        arrived_.insert(number);
        bool const history = message.topic.find("/history") != std::string::npos;
        auto& last = history ? history_of_connection_[message.topic] : kept_[message.topic];
        // The channel's topic: never back, over all connections. The history: oldest first.
        if (number < last)
            fault_ = message.topic + " went back from " + std::to_string(last) + " to " + message.payload;
        last = number;
    }

    void acknowledge() {
        outbox_.acknowledged(acknowledging_.front());
        acknowledging_.pop_front();
    }

    void lose_connection() {
        // What was written may have come through before the end, a front part of it.
        while (!arriving_.empty() && chance(50)) arrive();
        arriving_.clear();
        acknowledging_.clear();
        history_of_connection_.clear();
        connected_ = false;
        outbox_.disconnected();
    }

    std::mt19937 random_;
    Outbox outbox_;
    std::deque<Outbox::Outgoing> arriving_;
    std::deque<std::uint64_t> acknowledging_;
    std::set<int> arrived_;
    std::map<std::string, int> newest_, kept_, history_of_connection_;
    std::uint64_t added_ = 0;
    bool connected_ = false;
    std::string fault_;
};

}  // namespace

TEST_CASE("whatever the broker does, each reading arrives and no channel's topic goes back") {
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        UnreliableBroker broker(seed, {.in_flight = seed % 7 + 1, .history_in_flight = seed % 3 + 1});
        broker.storm(3000);
        broker.calm();
        REQUIRE(broker.fault().empty());
        REQUIRE(broker.added() > 0);
        REQUIRE(broker.never_arrived() == 0);
        REQUIRE(broker.outbox().dropped() == 0);
        REQUIRE(broker.outbox().depth() == 0);
        REQUIRE(broker.kept() == broker.newest());
    }
}

TEST_CASE("a small queue before an unreliable broker loses only what it counts as dropped") {
    std::uint64_t dropped = 0;
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        UnreliableBroker broker(seed, {.bytes = 100, .in_flight = 5, .history_in_flight = 2});
        broker.storm(3000);
        broker.calm();
        REQUIRE(broker.fault().empty());
        // A dropped one may have arrived without its acknowledgement.
        REQUIRE(broker.never_arrived() <= broker.outbox().dropped());
        REQUIRE(broker.outbox().depth() == 0);
        REQUIRE(broker.outbox().delivered() + broker.outbox().dropped() == broker.added());
        REQUIRE(broker.kept() == broker.newest());
        dropped += broker.outbox().dropped();
    }
    CHECK(dropped > 0);
}
