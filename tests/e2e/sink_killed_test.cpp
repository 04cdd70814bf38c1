// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/seed.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <random>
#include <thread>

using namespace test;

namespace {

struct Way {
    char const* durability;
    char const* mqtt_version;
    int kills;
};

/// In the long runs of scripts/soak (BRIDGE_KILLS) each way has more.
int kills_of(Way const& way) {
    char const* const asked = std::getenv("BRIDGE_KILLS");
    return asked ? std::stoi(asked) : way.kills;
}

}  // namespace

TEST_CASE("a sink killed at random under load has each reading exactly once") {
    auto const way = GENERATE(Way{"process", "5", 2}, Way{"process", "3.1.1", 1}, Way{"power", "5", 1},
                              Way{"power", "3.1.1", 1});
    int const kills = kills_of(way);
    // With `power` each message waits for the disk.
    bool const power = std::string(way.durability) == "power";
    std::size_t const count = (power ? 2000U : 20'000U) * (static_cast<std::size_t>(kills) + 1);
    auto const chosen = seed(42);
    INFO("durability " << way.durability << ", MQTT " << way.mqtt_version << ", seed " << chosen);
    std::mt19937_64 random(chosen);

    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    // So that kills meet open transactions of all ages.
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "store.db", "--durability",
                                                      way.durability, "--mqtt-version", way.mqtt_version,
                                                      "--commit-interval", "1"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.per_second = 10'000;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    Publisher publisher(plan);

    for (int kill = 0; kill < kills; ++kill) {
        INFO("kill " << kill);
        // Of each start the kill meets the work, as long as there is any: some disks are quick.
        REQUIRE(eventually(
            [&] {
                return sink.metric("mqtt_sink_messages_received_total") >= 100 ||
                       load.stored_count(database) >= static_cast<std::int64_t>(count);
            },
            20s));
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % (power ? 150 : 1500)));
        sink.kill();
        sink.start();
        REQUIRE(eventually([&] { return sink.ready(); }));
    }
    REQUIRE(eventually([&] { return publisher.finished(); }, 40s));
    CHECK(publisher.acknowledged_count() == count);
    (void)eventually([&] { return load.stored_count(database) >= static_cast<std::int64_t>(count); }, 40s);

    auto const stored = load.stored(database);
    std::set<std::size_t> const different(stored.begin(), stored.end());
    CHECK(load.stored_count(database) == static_cast<std::int64_t>(count));
    CHECK(stored.size() == count);
    CHECK(different.size() == count);
    CHECK(load.missing(database, publisher.acknowledged()).empty());
    CHECK(sink.stop() == 0);
}
