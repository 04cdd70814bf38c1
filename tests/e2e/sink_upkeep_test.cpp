// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/seed.hpp"

#include "catch.hpp"

#include <sqlite3.h>

#include <memory>
#include <random>
#include <thread>

using namespace test;

namespace {

constexpr std::size_t old_rows = 12'000;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 86'400'000;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void execute(std::string const& file, std::string const& sql) {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const database(opened, sqlite3_close);
    REQUIRE(sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

}  // namespace

TEST_CASE("a sink killed while it makes rollups and deletes what is old has each new reading exactly once") {
    constexpr std::size_t count = 30'000;
    constexpr int kills = 5;
    auto const chosen = seed(43);
    INFO("seed " << chosen);
    std::mt19937_64 random(chosen);

    TempFolder const folder;
    auto const file = folder / "store.db";
    Broker const broker(folder, {.checked = false});
    auto const arguments = broker_at(broker.port()) + Arguments{"--database", file};
    Database const database(file);
    // From a full hour on: an hour with few rows has no minutes, and keeps its rows.
    auto const first_old = (now_ms() - 20 * day_ms) / hour_ms * hour_ms;
    {
        Program sink(folder, "mqtt-sink", arguments);
        REQUIRE(eventually([&] { return sink.ready(); }));
        Publisher::Plan plan;
        plan.port = broker.port();
        plan.count = old_rows;
        plan.message = [first_old](std::size_t number) -> Publisher::Text {
            auto const ts = first_old + static_cast<std::int64_t>(number) * 1000;
            return {"mfm/old", "{\"ts\":" + std::to_string(ts) + ",\"n\":" + std::to_string(number) + "}"};
        };
        Publisher publisher(plan);
        REQUIRE(eventually([&] { return publisher.finished(); }));
        REQUIRE(eventually([&] { return database.count("device = 'old'") == old_rows; }));
        CHECK(sink.stop() == 0);
    }
    // As if it had run for a day: until then no clock is believed.
    execute(file, "UPDATE upkeep SET clock = " + std::to_string(now_ms()));

    Program sink(folder, "mqtt-sink", arguments + Arguments{"--keep", "mfm=10d"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.per_second = 5000;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    Publisher publisher(plan);
    for (int kill = 0; kill < kills; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 600));
        sink.kill();
        sink.start();
        REQUIRE(eventually([&] { return sink.ready(); }));
    }
    REQUIRE(eventually([&] { return publisher.finished(); }, 60s));
    CHECK(publisher.acknowledged_count() == count);
    CHECK(eventually([&] { return load.stored_count(database) >= static_cast<std::int64_t>(count); }));
    CHECK(load.stored(database).size() == count);
    CHECK(load.missing(database, publisher.acknowledged()).empty());

    // Each start brings the rollups up to date and then looks for what is old.
    CHECK(sink.stop() == 0);
    sink.start();
    REQUIRE(eventually([&] { return sink.ready(); }));
    auto const rolled = [&](std::string const& device) {
        return database
            .number(
                "SELECT sum(n) FROM rollup_1d JOIN streams ON streams.id = stream JOIN fields ON"
                " fields.base = streams.base AND number = rollup_1d.field WHERE fields.field = 'n' AND"
                " device LIKE '" +
                device + "'")
            .value_or(0);
    };
    CHECK(eventually([&] { return rolled("load%") == count; }));
    CHECK(rolled("old") == old_rows);
    CHECK(eventually([&] { return database.count("device = 'old'") == 1; }));
    CHECK(load.stored_count(database) == static_cast<std::int64_t>(count));
    CHECK(sink.stop() == 0);
}
