// SPDX-License-Identifier: MIT
#include "mqtt-sink/store.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <fstream>

using namespace sink;
using namespace test;
using bridge::Reading;

TEST_CASE("the view samples has every value of every base") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    CHECK(ask(path, "SELECT * FROM samples").empty());
    write(store, measurement("mfm", "mains", 1000, {{"seq", std::int64_t{7}}, {"frequency_hz", 50.0}}));
    write(store, measurement("isems", "node", 2000, {{"name", std::string("J.M\xc3\xbcller")}}, "10s"));
    CHECK(ask(path, "SELECT ts, base, device, channel, field, value, text FROM samples ORDER BY ts, field") ==
          Lines{"1000|mfm|mains||frequency_hz|50.0|", "1000|mfm|mains||seq|7|",
                "2000|isems|node|10s|name||J.M\xc3\xbcller"});
    CHECK(ask(path, "SELECT typeof(value), typeof(text) FROM samples ORDER BY ts, field") ==
          Lines{"real|null", "integer|null", "null|text"});
    CHECK(ask(path, "PRAGMA user_version") == Lines{"3"});
}

TEST_CASE("writing the same again changes nothing and late fields join their row") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    write(store, measurement("mfm", "mains", 1000, {{"a", 1.5}, {"b", 2.5}}));
    write(store, measurement("mfm", "mains", 1000, {{"a", 1.5}, {"b", 2.5}}));
    CHECK(ask(path, "SELECT field, value FROM samples ORDER BY field") == Lines{"a|1.5", "b|2.5"});
    write(store, measurement("mfm", "mains", 1000, {{"c", 3.5}}));
    write(store, measurement("mfm", "mains", 1000, {{"b", 9.5}}));
    CHECK(ask(path, "SELECT field, value FROM samples ORDER BY field") == Lines{"a|1.5", "b|9.5", "c|3.5"});
    CHECK(ask(path, "SELECT count(*) FROM mfm") == Lines{"1"});
}

TEST_CASE("names may differ in case only and hold quotes or be taken") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    std::vector<Reading> const readings = {
        {"temp", 1.0},  {"Temp", 2.0},     {"TEMP", 3.0},       {"temp_2", 4.0},
        {"ts", 5.0},    {"device", 6.0},   {"say \"hi\"", 7.0}, {"it's; DROP TABLE x", 8.0},
        {"rowid", 9.0}, {"\xc3\xbc", 10.0}};
    std::vector<std::string> const bases = {
        "fields",       "Fields", "samples",     "sqlite_schema", "mfm",   "MFM",     "it's",
        "a \"quoted\"", "inbox",  "mfm_samples", "select",        "bases", "sqlite_x"};
    REQUIRE(store.begin().has_value());
    for (auto const& base : bases) {
        auto const written = store.write(measurement(base, "d", 1000, readings));
        REQUIRE(written.has_value());
        INFO(base << (*written ? (*written)->sentence : ""));
        CHECK_FALSE(written->has_value());
    }
    REQUIRE(store.commit(inbox_id, 1).has_value());
    for (auto const& base : bases) {
        INFO(base);
        for (auto const& reading : readings) {
            auto const sql = fmt::format("SELECT value FROM samples WHERE base = {} AND field = {}",
                                         sql_text(base), sql_text(reading.name));
            CHECK(ask(path, sql) == Lines{fmt::format("{:.1f}", std::get<double>(reading.value))});
        }
    }
    CHECK(ask(path, "SELECT count(*) FROM samples") == Lines{std::to_string(bases.size() * readings.size())});
}

TEST_CASE("the catalogue is found again after a restart") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    {
        auto store = open_store(path);
        write(store, measurement("mfm", "mains", 1000, {{"a", 1.0}, {"A", 2.0}}), 41);
    }
    auto store = open_store(path);
    CHECK(committed(store, inbox_id) == 41);
    CHECK(committed(store, inbox_id + 1) == 0);
    write(store, measurement("mfm", "mains", 2000, {{"A", 3.0}, {"b", 4.0}, {"a", 5.0}}), 42);
    CHECK(committed(store, inbox_id) == 42);
    CHECK(ask(path, "SELECT ts, field, value FROM samples ORDER BY ts, field") ==
          Lines{"1000|A|2.0", "1000|a|1.0", "2000|A|3.0", "2000|a|5.0", "2000|b|4.0"});
}

TEST_CASE("a rolled back transaction leaves neither rows nor columns") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    write(store, measurement("mfm", "mains", 1000, {{"a", 1.0}}));
    REQUIRE(store.begin().has_value());
    REQUIRE(store.write(measurement("mfm", "mains", 2000, {{"b", 2.0}})).has_value());
    REQUIRE(store.write(measurement("isems", "node", 2000, {{"c", 3.0}})).has_value());
    store.rollback();
    CHECK(ask(path, "SELECT count(*) FROM samples") == Lines{"1"});
    write(store, measurement("isems", "node", 2000, {{"c", 3.0}}), 2);
    write(store, measurement("mfm", "mains", 2000, {{"b", 2.0}}), 3);
    CHECK(ask(path, "SELECT ts, field, value FROM samples ORDER BY ts, field") ==
          Lines{"1000|a|1.0", "2000|b|2.0", "2000|c|3.0"});
}

TEST_CASE("a question that takes too long is interrupted and the open transaction stays") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    REQUIRE(store.begin().has_value());
    REQUIRE(store.write(measurement("mfm", "mains", 1000, {{"a", 1.0}})).has_value());
    Connection connection = store.connection();
    connection.set_deadline(std::chrono::milliseconds(0));
    auto const long_question = connection.number(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 100000000)"
        " SELECT sum(i) FROM n, mfm");
    REQUIRE_FALSE(long_question.has_value());
    CHECK(long_question.error().fault == Fault::interrupted);
    CHECK(store.in_transaction());
    connection.clear_deadline();
    REQUIRE(store.write(measurement("mfm", "mains", 2000, {{"a", 1.0}})).has_value());
    REQUIRE(store.commit(inbox_id, 2).has_value());
    CHECK(ask(path, "SELECT ts FROM mfm") == Lines{"1000", "2000"});
}

TEST_CASE("the view holds for thousands of fields over several bases") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    constexpr int count = 1900;
    for (auto const* base : {"luxtronik", "foreign"}) {
        std::vector<Reading> readings;
        for (int field = 0; field < count; ++field) {
            readings.push_back({fmt::format("field_{}", field), std::int64_t{field}});
        }
        write(store, measurement(base, "d", 1000, readings));
    }
    CHECK(ask(path,
              "SELECT base, count(*), sum(value = CAST(substr(field, 7) AS INTEGER)) FROM samples"
              " GROUP BY base ORDER BY base") == Lines{"foreign|1900|1900", "luxtronik|1900|1900"});
    CHECK(ask(path, "SELECT value FROM samples WHERE base = 'luxtronik' AND field = 'field_1899'") ==
          Lines{"1899"});

    // There the table ends: what has no column any more is refused, what has one goes on.
    REQUIRE(store.begin().has_value());
    auto const refused = store.write(measurement("luxtronik", "d", 2000, {{"one_more", 1.0}}));
    REQUIRE(refused.has_value());
    REQUIRE(refused->has_value());
    CHECK((*refused)->reason == Reason::table_full);
    auto const stored = store.write(measurement("luxtronik", "d", 2000, {{"field_7", 1.0}}));
    REQUIRE(stored.has_value());
    CHECK_FALSE(stored->has_value());
    REQUIRE(store.commit(inbox_id, 2).has_value());
    CHECK(ask(path, "SELECT field FROM samples WHERE ts = 2000") == Lines{"field_7"});
}

TEST_CASE("of what is set aside the newest thousand are kept and not all of their bytes") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    for (int batch = 0; batch < 3; ++batch) {
        REQUIRE(store.begin().has_value());
        for (int i = 0; i < 700; ++i) {
            std::string const payload = fmt::format("{} in {}", i, batch);
            REQUIRE(
                store.set_aside({"mfm/x", payload, payload.size(), {}, false}, {Reason::array, "a sentence"})
                    .has_value());
        }
        REQUIRE(store.commit(inbox_id, static_cast<std::uint64_t>(batch)).has_value());
    }
    CHECK(ask(path, "SELECT count(*) FROM set_aside") == Lines{"1000"});
    CHECK(ask(path, "SELECT payload FROM set_aside ORDER BY id DESC LIMIT 1") == Lines{"699 in 2"});
    CHECK(ask(path, "SELECT payload FROM set_aside ORDER BY id LIMIT 1") == Lines{"400 in 1"});

    std::string const large(300'000, 'x');
    REQUIRE(store.begin().has_value());
    REQUIRE(store.set_aside({"mfm/x", large, large.size(), {}, false}, {Reason::too_large, "a sentence"})
                .has_value());
    REQUIRE(store.commit(inbox_id, 4).has_value());
    CHECK(ask(path,
              "SELECT topic, reason, sentence, payload_bytes, length(payload) FROM set_aside"
              " ORDER BY id DESC LIMIT 1") == Lines{"mfm/x|too_large|a sentence|300000|65536"});
}

TEST_CASE("availability is the newest state and since when") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    std::int64_t ts = 1000;
    for (bool const online : {true, true, false, false}) {
        REQUIRE(store.begin().has_value());
        REQUIRE(
            store
                .write(Availability{"mfm", "mains", bridge::Timestamp(std::chrono::milliseconds(ts)), online})
                .has_value());
        REQUIRE(store.commit(inbox_id, 1).has_value());
        ts += 1000;
    }
    CHECK(ask(path, "SELECT * FROM availability") == Lines{"mfm|mains|3000|offline"});
}

TEST_CASE("what is not our database is refused with a sentence") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    SECTION("no database at all") {
        std::ofstream(path) << std::string(10'000, 'x');
        auto const store = Store::open(path);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().fault == Fault::damaged);
        CHECK(store.error().detail.find("not a database") != std::string::npos);
    }
    SECTION("another program's") {
        auto connection = Connection::open(path, Connection::Access::read_write);
        REQUIRE(connection.has_value());
        REQUIRE(connection->execute("CREATE TABLE theirs (a)").has_value());
        auto const store = Store::open(path);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().fault == Fault::foreign);
        CHECK(ask(path, "PRAGMA journal_mode") == Lines{"delete"});
    }
    SECTION("a newer one") {
        (void)open_store(path);
        auto connection = Connection::open(path, Connection::Access::read_write);
        REQUIRE(connection.has_value());
        REQUIRE(connection->execute("PRAGMA user_version = 4").has_value());
        auto const store = Store::open(path);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().detail.find("version 4") != std::string::npos);
    }
    SECTION("no folder for it") {
        auto const store = Store::open(folder / "missing/store.db");
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().fault == Fault::io);
    }
}

TEST_CASE("a transaction waits for another program that writes") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    write(store, measurement("mfm", "mains", 1, {{"a", 1.0}}));
    auto other = Connection::open(path, Connection::Access::read_write);
    REQUIRE(other.has_value());

    // Another program writes.
    REQUIRE(other->execute("BEGIN IMMEDIATE").has_value());
    auto const begun = store.begin();
    REQUIRE_FALSE(begun.has_value());
    CHECK(begun.error().fault == Fault::busy);
    REQUIRE(other->execute("COMMIT").has_value());
    write(store, measurement("mfm", "mains", 2, {{"a", 2.0}}));
    CHECK(ask(path, "SELECT count(*) FROM samples") == Lines{"2"});
}

TEST_CASE("however the fields of messages change, writing them takes some MiB of memory") {
    TempFolder const folder;
    auto store = open_store(folder / "store.db");
    std::vector<Reading> all;
    for (int field = 0; field < 100; ++field) all.push_back({fmt::format("field_{}", field), 1.0});
    write(store, measurement("mfm", "mains", 1, all));
    auto const before = sqlite3_memory_used();
    REQUIRE(store.begin().has_value());
    // Each message with another set of fields.
    for (int number = 1; number < 1000; ++number) {
        std::vector<Reading> some;
        for (int bit = 0; bit < 10; ++bit) {
            if ((number >> bit) % 2 == 1) some.push_back({fmt::format("field_{}", bit), 1.0});
        }
        REQUIRE(store.write(measurement("mfm", "mains", 1000 + number, some)).has_value());
    }
    REQUIRE(store.commit(inbox_id, 1).has_value());
    CHECK(sqlite3_memory_used() - before < 8 * 1024 * 1024);
}
