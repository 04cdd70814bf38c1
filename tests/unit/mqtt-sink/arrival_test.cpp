// SPDX-License-Identifier: MIT
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

using namespace sink;
using namespace test;
using bridge::Reading;

TEST_CASE("rows are numbered as they come over all bases and over starts") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    {
        auto store = open_store(path);
        CHECK(store.last_arrival() == 0);
        write(store, measurement("mfm", "mains", 2000, {{"a", 1.0}}));
        write(store, measurement("isems", "node", 1000, {{"a", 1.0}}, "10s"));
        CHECK(store.last_arrival() == 2);
    }
    auto store = open_store(path);
    CHECK(store.last_arrival() == 2);
    write(store, measurement("mfm", "mains", 1000, {{"a", 1.0}}));
    CHECK(ask(path, "SELECT ts, id FROM mfm ORDER BY id") == Lines{"2000|1", "1000|3"});
    CHECK(ask(path, "SELECT ts, id FROM isems") == Lines{"1000|2"});
}

TEST_CASE("a row has a new number when something in it has changed and only then") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto const number = [&] { return ask(path, "SELECT id FROM mfm WHERE ts = 1000").at(0); };
    write(store, measurement("mfm", "mains", 1000, {{"a", 1.5}, {"b", std::string("x")}}));
    write(store, measurement("mfm", "mains", 2000, {{"a", 1.5}}));
    REQUIRE(number() == "1");
    SECTION("the same again") {
        write(store, measurement("mfm", "mains", 1000, {{"a", 1.5}, {"b", std::string("x")}}));
        write(store, measurement("mfm", "mains", 1000, {{"b", std::string("x")}}));
        CHECK(number() == "1");
        CHECK(store.last_arrival() == 2);
    }
    SECTION("another value") {
        write(store, measurement("mfm", "mains", 1000, {{"a", 1.5}, {"b", std::string("y")}}));
        CHECK(number() == "3");
    }
    SECTION("a text instead of a number") {
        write(store, measurement("mfm", "mains", 1000, {{"a", std::string("1.5")}}));
        CHECK(number() == "3");
    }
    SECTION("a late field") {
        write(store, measurement("mfm", "mains", 1000, {{"c", 0.0}}));
        CHECK(number() == "3");
        CHECK(ask(path, "SELECT a, b, c FROM mfm WHERE ts = 1000") == Lines{"1.5|x|0.0"});
    }
}

TEST_CASE("who was given rows of a transaction that is rolled back finds them again behind their numbers") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    REQUIRE(store.begin().has_value());
    REQUIRE(store.write(measurement("mfm", "mains", 1000, {{"a", 1.0}})).has_value());
    REQUIRE(store.write(measurement("mfm", "mains", 2000, {{"a", 1.0}})).has_value());
    REQUIRE(store.end_batch().has_value());
    StoreReader reader(store.connection());
    auto const given = reader.rows_after(0, 100, 100'000);
    REQUIRE(given.has_value());
    CHECK(given->rows.size() == 2);
    CHECK(given->up_to == 2);
    CHECK(ask(path, "SELECT last FROM arrivals") == Lines{"0"});
    store.rollback();
    write(store, measurement("mfm", "mains", 2000, {{"a", 1.0}}));
    CHECK(ask(path, "SELECT ts, id FROM mfm") == Lines{"2000|3"});
    CHECK(ask(path, "SELECT last FROM arrivals") == Lines{"3"});
    auto const again = reader.rows_after(given->up_to, 100, 100'000);
    REQUIRE(again.has_value());
    CHECK(again->rows.size() == 1);
    CHECK(again->up_to == 3);
}

TEST_CASE("numbers go on when the newest rows were deleted") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    {
        auto store = open_store(path);
        for (int ts = 1000; ts < 6000; ts += 1000)
            write(store, measurement("mfm", "mains", ts, {{"a", 1.0}}));
    }
    auto other = Connection::open(path, Connection::Access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(other->execute("DELETE FROM mfm WHERE ts > 1000").has_value());
    auto store = open_store(path);
    write(store, measurement("mfm", "mains", 7000, {{"a", 1.0}}));
    CHECK(ask(path, "SELECT ts, id FROM mfm ORDER BY id") == Lines{"1000|1", "7000|6"});
}

TEST_CASE("a field may be called id") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    write(store,
          measurement("rtl_433", "sensor", 1000, {{"id", std::int64_t{4711}}, {"ID", std::int64_t{5}}}));
    CHECK(ask(path, "SELECT field, value FROM samples ORDER BY field") == Lines{"ID|5", "id|4711"});
    CHECK(ask(path, "SELECT id FROM rtl_433") == Lines{"1"});
}
