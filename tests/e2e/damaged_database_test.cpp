// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/broker.hpp"
#include "support/damaged_database.hpp"
#include "support/eventually.hpp"

#include "catch.hpp"

using namespace test;

TEST_CASE("a database that is damaged under load is set aside and all that comes after is in a new one") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Program sink(
        folder, "mqtt-sink",
        broker_at(broker.port()) + Arguments{"--database", folder / "store.db", "--commit-interval", "0s"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    NumberedLoad const load;
    auto const plan_of = [&](std::size_t first, std::size_t count) {
        Publisher::Plan plan;
        plan.port = broker.port();
        plan.count = count;
        plan.per_second = 5000;
        plan.message = [&load, first](std::size_t number) { return load.message(first + number); };
        return plan;
    };
    constexpr std::size_t before = 10'000;
    constexpr std::size_t after = 10'000;
    Publisher first(plan_of(0, before));
    REQUIRE(eventually([&] { return load.stored_count(database) > 1000; }));
    damage(folder / "store.db");
    // What is written now and then is not near the damage: a question is.
    REQUIRE(eventually([&] {
        (void)sink.get("/api/v1/devices");
        return sink.metric("mqtt_sink_databases_set_aside_total") == 1;
    }));
    REQUIRE(eventually([&] { return first.finished(); }, 30s));
    Publisher second(plan_of(before, after));
    REQUIRE(eventually([&] { return second.finished(); }, 30s));
    (void)eventually([&] { return database.count("field = 'n' AND value >= 10000") >= std::int64_t{after}; });
    CHECK(sink.stop() == 0);

    CHECK(first.acknowledged_count() == before);
    CHECK(second.acknowledged_count() == after);
    auto const stored = load.stored(database);
    std::set<std::size_t> const different(stored.begin(), stored.end());
    CHECK(stored.size() == different.size());
    CHECK(different.lower_bound(before) != different.end());
    CHECK(std::distance(different.lower_bound(before), different.end()) ==
          static_cast<std::ptrdiff_t>(after));
    // Of the first load the new one has everything from some reading on: what the old one did not have.
    REQUIRE_FALSE(different.empty());
    CHECK(different.size() == before + after - *different.begin());
    CHECK(set_aside_files(folder).size() == 1);
    CHECK(sink.log().find(".dump") != std::string::npos);
}

TEST_CASE("the database is copied while the sink writes it and never over a file that is there") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Arguments const ours = {"--database", folder / "store.db"};
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + ours + Arguments{"--commit-interval", "100ms"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = 20'000;
    plan.per_second = 5000;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    Publisher publisher(plan);
    Database const database(folder / "store.db");
    REQUIRE(eventually([&] { return load.stored_count(database) > 1000; }));
    auto const copy = [&](std::string const& file) {
        return run(folder, {program_path("mqtt-sink"), Arguments{"backup", folder / file} + ours, {}});
    };
    auto const copied = copy("copy.db");
    INFO(copied.errors);
    CHECK(copied.exit_code == 0);
    CHECK(copied.errors.find("100 %") != std::string::npos);
    Database const backup(folder / "copy.db");
    CHECK(backup.rows("PRAGMA integrity_check") == std::vector<std::vector<std::string>>{{"ok"}});
    // One moment of it: all readings up to some.
    auto const numbers = load.stored(backup);
    CHECK(numbers.size() > 1000);
    CHECK(numbers.size() == *numbers.rbegin() + 1);
    CHECK_FALSE(std::filesystem::exists(folder / "copy.db.part"));

    auto const again = copy("copy.db");
    CHECK(again.exit_code == 2);
    CHECK(again.errors.find("is there already") != std::string::npos);
    CHECK(load.stored(backup) == numbers);
    CHECK(copy("missing/copy.db").exit_code == 1);
    CHECK(run(folder, {program_path("mqtt-sink"), {"backup"}, {}}).exit_code == 2);
    CHECK(sink.stop() == 0);
}
