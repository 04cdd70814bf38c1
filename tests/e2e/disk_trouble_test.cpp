// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/private_mounts.hpp"
#include "support/write_lock.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <optional>
#include <set>
#include <thread>

using namespace test;

namespace {

Publisher::Plan plan_of(NumberedLoad const& load, std::uint16_t port, std::size_t count, double per_second) {
    Publisher::Plan plan;
    plan.port = port;
    plan.count = count;
    plan.per_second = per_second;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    return plan;
}

void check_stored(NumberedLoad const& load, Database const& database, Publisher& publisher) {
    REQUIRE(eventually([&] { return publisher.finished(); }, 30s));
    auto const wanted = static_cast<std::int64_t>(publisher.acknowledged_count());
    (void)eventually([&] { return load.stored_count(database) >= wanted; }, 30s);
    CHECK(load.missing(database, publisher.acknowledged()).empty());
    auto const stored = load.stored(database);
    CHECK(std::set<std::size_t>(stored.begin(), stored.end()).size() == stored.size());
}

/// A minute in scripts/soak.
int busy_seconds() {
    char const* const asked = std::getenv("BRIDGE_BUSY_SECONDS");
    return asked ? std::stoi(asked) : 8;
}

int times_said(std::string const& log, std::string const& what) {
    int times = 0;
    for (auto at = log.find(what); at != std::string::npos; at = log.find(what, at + 1)) ++times;
    return times;
}

}  // namespace

TEST_CASE("a sink whose disk cannot be written waits and takes everything when it can") {
    TempFolder const folder;
    enter_private_mounts();
    SmallDisk const disk(folder / "disk", 64UL * 1024 * 1024);
    Broker const broker(folder, {.checked = false});
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "disk/store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    REQUIRE(sink.stop() == 0);

    disk.set_read_only(true);
    sink.start();
    REQUIRE(eventually([&] { return sink.get("/healthz").status == 200; }));
    NumberedLoad const load;
    Publisher publisher(plan_of(load, broker.port(), 5000, 5000));
    REQUIRE(eventually([&] { return sink.log().find("Read-only") != std::string::npos; }));
    CHECK(throughout(1s, [&] { return sink.running() && !sink.ready(); }));

    disk.set_read_only(false);
    REQUIRE(eventually([&] { return sink.ready(); }));
    check_stored(load, Database(folder / "disk/store.db"), publisher);
    CHECK(sink.stop() == 0);
}

TEST_CASE("while another program writes the file readings wait and questions are answered") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    NumberedLoad const load;
    std::optional<WriteLock> lock(std::in_place, folder / "store.db");
    Publisher publisher(plan_of(load, broker.port(), 10'000, 2000));
    REQUIRE(
        eventually([&] { return sink.get("/readyz").body.find("\"store\":\"busy\"") != std::string::npos; }));
    auto const seconds = std::chrono::seconds(busy_seconds());
    auto const until = std::chrono::steady_clock::now() + seconds;
    while (std::chrono::steady_clock::now() < until) {
        CHECK(sink.get("/api/v1/devices").status == 200);
        CHECK(sink.get("/healthz").status == 200);
        std::this_thread::sleep_for(200ms);
    }
    REQUIRE(eventually([&] { return sink.metric("mqtt_sink_messages_received_total") >= 10'000; }));
    CHECK(sink.metric("mqtt_sink_inbox_messages") == 10'000);
    CHECK(times_said(sink.log(), "at=store event=waiting") == 1);

    lock.reset();
    check_stored(load, Database(folder / "store.db"), publisher);
    CHECK(eventually([&] { return sink.ready(); }));
    CHECK(sink.stop() == 0);
}

TEST_CASE("nothing is lost of a flood on a broker's default settings while commits are slow") {
    TempFolder const folder;
    // As it comes: 20 messages in flight and 1,000 in a queue, and what is more is dropped.
    FreePort const port;
    auto const settings = folder.write(
        "default.conf", "listener " + std::to_string(port.number()) + " 127.0.0.1\nallow_anonymous true\n");
    Process const broker(folder, {"/usr/sbin/mosquitto", {"-c", settings.string()}});
    Program sink(folder, "mqtt-sink",
                 broker_at(port.number()) + Arguments{"--database", folder / "store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    auto const idle = sink.process().resident_kib();

    // What the broker has room for in flight, so that a slow machine loses nothing either; scripts/soak takes
    // more.
    std::size_t const count = std::getenv("BRIDGE_FLOOD") ? 200'000 : 10'000;
    NumberedLoad const load;
    Publisher publisher(plan_of(load, port.number(), count, std::getenv("BRIDGE_FLOOD") ? 20'000 : 10'000));
    // Another program takes its turn in writing between commits, for so long.
    auto const all_received = [&] {
        return sink.metric("mqtt_sink_messages_received_total") >= static_cast<double>(count);
    };
    int turns = 0;
    for (; turns < 5 || (turns < 1000 && !all_received()); ++turns) {
        WriteLock const lock(folder / "store.db");
        std::this_thread::sleep_for(50ms);
    }
    auto const flooded = sink.process().resident_kib();
    check_stored(load, Database(folder / "store.db"), publisher);
    CHECK(publisher.acknowledged_count() == count);
    INFO("turns " << turns << ", resident KiB idle " << idle << ", flooded " << flooded);
    // With a sanitizer memory that was given back is kept for a while.
    CHECK(flooded < idle + 120 * 1024);
    CHECK(sink.stop() == 0);
}
