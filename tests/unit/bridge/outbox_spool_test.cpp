// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>
#include <bridge/spool.hpp>

#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <map>
#include <optional>
#include <random>
#include <set>

using namespace bridge;

namespace {

template <class T>
T good(Result<T> result) {
    INFO((result ? "" : result.error().detail));
    REQUIRE(result.has_value());
    return std::move(*result);
}

/// Outbox and spool as `Delivery` joins them, with a broker that comes and goes, and a process that is
/// killed.
struct House {
    test::TempFolder folder;
    std::optional<Spool> spool;
    std::optional<Outbox> outbox;
    std::map<std::uint64_t, std::string> in_flight;
    std::map<std::string, int> received;  ///< by payload
    int state_now = 0;                    ///< newest payload on the channel's own topic
    int history_now = 0;

    House() { start(); }
    void start() {
        spool = good(Spool::open({folder / "spool", 100 << 20, std::chrono::hours(1)}));
        outbox.emplace(Outbox::Limits{}, [](std::string const&) { return false; });
        in_flight.clear();
    }
    void kill() {
        outbox.reset();
        spool.reset();
        start();
    }
    void add(int n) { outbox->add("m/a", "", std::to_string(n)); }
    void keep() {
        auto const readings = outbox->unspooled();
        if (!readings.empty()) outbox->spooled(good(spool->append(readings)));
    }
    void send() {
        while (spool->has_more() && outbox->backlog_room() > 0) {
            auto some = spool->read(outbox->backlog_room(), Timestamp{});
            outbox->add_backlog(std::move(some), spool->last_read(), spool->has_more());
        }
        for (auto const& message : outbox->take())
            in_flight[message.id] = message.topic + "=" + message.payload;
    }
    void acknowledge() {
        for (auto const& [id, message] : std::exchange(in_flight, {})) {
            auto const equals = message.find('=');
            auto const payload = message.substr(equals + 1);
            ++received[payload];
            if (message.substr(0, equals) == "m/a") {
                CHECK(std::stoi(payload) > state_now);
                state_now = std::stoi(payload);
            } else {
                CHECK(std::stoi(payload) > history_now);
                history_now = std::stoi(payload);
            }
            outbox->acknowledged(id);
        }
        spool->release(outbox->released());
    }
    void lose_connection() {
        in_flight.clear();
        outbox->disconnected();
    }
    [[nodiscard]] bool done() const { return outbox->depth() == 0 && spool->depth() == 0; }
    void catch_up() {
        for (int round = 0; !done() && round < 100'000; ++round) {
            send();
            acknowledge();
        }
    }
};

}  // namespace

TEST_CASE(
    "after an hour away at ten a second everything arrives once, the newest first, the others in order") {
    House house;
    constexpr int hour = 36'000;
    for (int n = 1; n <= hour; ++n) {
        house.add(n);
        if (n % 10 != 0) continue;
        house.keep();
        CHECK(house.outbox->depth() == 1);
    }
    house.send();
    house.acknowledge();
    CHECK(house.state_now == hour);
    house.catch_up();
    CHECK(house.done());
    CHECK(house.received.size() == hour);
    for (auto const& [payload, times] : house.received) CHECK(times == 1);
    CHECK(house.outbox->dropped() == 0);
    CHECK(house.spool->bytes() == 0);
}

TEST_CASE("killed in the middle of an outage only what was not yet on disk is missing") {
    House house;
    for (int n = 1; n <= 20'005; ++n) {
        house.add(n);
        if (n % 10 == 0) house.keep();
    }
    house.kill();
    for (int n = 20'101; n <= 36'000; ++n) {
        house.add(n);
        if (n % 10 == 0) house.keep();
    }
    house.catch_up();
    CHECK(house.received.size() == 36'000 - 100);
    CHECK(house.received.count("20000") == 1);
    CHECK(house.received.count("20001") == 0);
}

TEST_CASE("through outages, kills and half sent batches nothing is missing and no topic goes back") {
    auto const seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U);
    INFO("seed " << seed);
    std::mt19937 random(seed);
    House house;
    bool connected = false;
    int n = 0;
    std::set<int> lost;  // what a kill found in memory only
    for (int step = 0; step < 5000; ++step) {
        switch (random() % 8) {
            case 0:
            case 1:
            case 2:
                house.add(++n);
                break;
            case 3:
                if (!connected) house.keep();
                break;
            case 4:
                if (connected) house.send();
                break;
            case 5:
                if (connected) house.acknowledge();
                break;
            case 6:
                if (random() % 5 == 0) {
                    connected = !connected;
                    if (!connected) house.lose_connection();
                }
                break;
            default:
                // A killed process sends again from the oldest file's beginning.
                if (random() % 100 != 0) break;
                house.lose_connection();
                for (auto const& reading : house.outbox->unspooled()) lost.insert(std::stoi(reading.payload));
                house.kill();
                house.history_now = 0;
                connected = false;
        }
    }
    if (!connected) house.keep();
    house.lose_connection();
    house.keep();
    house.catch_up();
    CHECK(house.done());
    for (int i = 1; i <= n; ++i) {
        INFO("reading " << i);
        CHECK(house.received.contains(std::to_string(i)) != lost.contains(i));
    }
    CHECK(house.outbox->dropped() + house.spool->dropped() == 0);
}
