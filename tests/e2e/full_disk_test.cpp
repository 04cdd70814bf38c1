// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_relay.hpp"
#include "support/mqtt_wire.hpp"
#include "support/private_mounts.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cctype>
#include <set>

using namespace test;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

bool says_full(std::string log) {
    std::transform(log.begin(), log.end(), log.begin(), [](unsigned char c) { return std::tolower(c); });
    return log.find("no space") != std::string::npos || log.find("disk is full") != std::string::npos ||
           log.find("disk full") != std::string::npos ||
           log.find("disk or database is full") != std::string::npos;
}

}  // namespace

TEST_CASE(
    "a sink whose disk is full says so and acknowledges nothing and goes on without loss when there is "
    "room") {
    TempFolder const folder;
    enter_private_mounts();
    SmallDisk const disk(folder / "disk", 6 * mebibyte);
    Broker const broker(folder, {.checked = false});
    MqttRelay const relay(broker.port());
    Program sink(folder, "mqtt-sink",
                 broker_at(relay.port()) + Arguments{"--database", folder / "disk/store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));

    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = 1'000'000;
    // Wide readings fill the disk soon.
    plan.message = [&load](std::size_t number) {
        auto text = load.message(number);
        text.payload.pop_back();
        text.payload += ",\"filler_text\":\"" + std::string(1500, 'x') + std::to_string(number) + "\"}";
        return text;
    };
    Publisher publisher(plan);
    bool const full = eventually([&] { return !sink.ready() && says_full(sink.log()); });
    publisher.stop();
    INFO(sink.log());
    REQUIRE(full);
    REQUIRE(sink.running());
    auto const readiness = sink.get("/readyz");
    INFO(readiness.body);
    CHECK(readiness.status == 503);
    CHECK(sink.get("/healthz").status == 200);

    // What came in just before may still be on its way through the relay.
    std::size_t acknowledged = 0;
    REQUIRE(eventually([&] {
        auto const before = relay.sent_by_client(MqttPacket::puback);
        bool const still =
            throughout(500ms, [&] { return relay.sent_by_client(MqttPacket::puback) == before; });
        acknowledged = before;
        return still;
    }));
    CHECK(throughout(2s, [&] { return relay.sent_by_client(MqttPacket::puback) == acknowledged; }));
    CHECK(acknowledged < publisher.acknowledged_count());

    SECTION("stopped while it is full and started again before there is room") {
        CHECK(sink.stop() == 0);
        sink.start();
        REQUIRE(eventually([&] { return sink.get("/healthz").status == 200; }));
        CHECK(throughout(1s, [&] { return sink.running() && !sink.ready(); }));
    }
    SECTION("left running") {}

    disk.resize(200 * mebibyte);
    Database const database(folder / "disk/store.db");
    auto const wanted = static_cast<std::int64_t>(publisher.acknowledged_count());
    (void)eventually([&] { return load.stored_count(database) >= wanted; }, 30s);
    INFO("acknowledged by the broker " << wanted << ", by the sink " << acknowledged << ", stored "
                                       << load.stored_count(database));
    CHECK(load.missing(database, publisher.acknowledged()).empty());
    auto const stored = load.stored(database);
    CHECK(std::set<std::size_t>(stored.begin(), stored.end()).size() == stored.size());
    CHECK(eventually([&] { return sink.ready(); }));
    CHECK(sink.stop() == 0);
}
