// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/seed.hpp"

#include "catch.hpp"

#include <random>
#include <thread>

using namespace test;

TEST_CASE("a sink killed twenty times under load has each of 100000 readings exactly once") {
    constexpr std::size_t count = 100'000;
    constexpr int kills = 20;
    auto const chosen = seed(42);
    INFO("seed " << chosen);
    std::mt19937_64 random(chosen);

    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.per_second = 5000;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    Publisher publisher(plan);

    int killed_in_work = 0;
    for (int kill = 0; kill < kills; ++kill) {
        INFO("kill " << kill);
        auto const stored = load.stored_count(database);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 500));
        sink.kill();
        if (load.stored_count(database) > stored) ++killed_in_work;
        sink.start();
        REQUIRE(eventually([&] { return sink.ready(); }));
    }
    CHECK(killed_in_work >= kills / 2);
    REQUIRE(eventually([&] { return publisher.finished(); }, 30s));
    CHECK(publisher.acknowledged_count() == count);
    (void)eventually([&] { return load.stored_count(database) >= static_cast<std::int64_t>(count); });

    auto const stored = load.stored(database);
    std::set<std::size_t> const different(stored.begin(), stored.end());
    CHECK(load.stored_count(database) == static_cast<std::int64_t>(count));
    CHECK(stored.size() == count);
    CHECK(different.size() == count);
    CHECK(load.missing(database, publisher.acknowledged()).empty());
    CHECK(sink.stop() == 0);
}
