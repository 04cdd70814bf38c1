// SPDX-License-Identifier: MIT
#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

using namespace sink;
using namespace test;
using bridge::Reading;

namespace {

/// A file as version 1 left it: two bases, one of them and one of its fields called as something is called
/// now.
std::string version_1(int rows) {
    return "PRAGMA journal_mode = WAL;BEGIN;"
           "CREATE TABLE availability (base TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL,"
           " state TEXT NOT NULL, PRIMARY KEY (base, device)) WITHOUT ROWID;"
           "CREATE TABLE set_aside (id INTEGER PRIMARY KEY, received INTEGER NOT NULL, topic TEXT NOT NULL,"
           " payload BLOB NOT NULL, payload_bytes INTEGER NOT NULL, reason TEXT NOT NULL,"
           " sentence TEXT NOT NULL);"
           "CREATE TABLE inbox (one INTEGER PRIMARY KEY, id INTEGER NOT NULL, committed INTEGER NOT NULL);"
           "INSERT INTO inbox VALUES (1, 77, 41);"
           "CREATE TABLE bases (base TEXT PRIMARY KEY, table_name TEXT NOT NULL, view_name TEXT NOT NULL)"
           " WITHOUT ROWID;"
           "CREATE TABLE fields (base TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL,"
           " column_name TEXT NOT NULL, PRIMARY KEY (base, field)) WITHOUT ROWID;"
           "CREATE TABLE mfm (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL, hz,"
           " PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('mfm', 'mfm', 'mfm_samples');"
           "INSERT INTO fields VALUES ('mfm', 'hz', 0, 'hz');"
           "CREATE TABLE outputs (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL, ID, id_2,"
           " text, PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('outputs', 'outputs', 'outputs_samples');"
           "INSERT INTO fields VALUES ('outputs', 'ID', 0, 'ID'), ('outputs', 'id', 1, 'id_2'),"
           " ('outputs', 'text', 2, 'text');"
           "CREATE VIEW mfm_samples AS SELECT ts, 'mfm' AS base, device, channel, 'hz' AS field, hz AS value,"
           " NULL AS text FROM mfm;"
           "CREATE VIEW outputs_samples AS SELECT ts, 'outputs' AS base, device, channel, 'ID' AS field,"
           " ID AS value, text FROM outputs;"
           "CREATE VIEW samples AS SELECT * FROM mfm_samples UNION ALL SELECT * FROM outputs_samples;"
           "INSERT INTO outputs VALUES ('b', '', 2000, 5, NULL, 'late'), ('b', '10s', 1000, 6, 7, NULL);"
           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " +
           std::to_string(rows) +
           ") INSERT INTO mfm SELECT 'mains' || (i % 3), '', 100000 - i, 50 + i / 1000.0 FROM n;"
           "PRAGMA application_id = 1297175371;PRAGMA user_version = 1;COMMIT";
}

void make_version_1(std::string const& path, int rows) {
    auto connection = Connection::open(path, Connection::Access::read_write);
    REQUIRE(connection.has_value());
    auto const made = connection->execute(version_1(rows));
    INFO((made ? "" : made.error().detail));
    REQUIRE(made.has_value());
}

}  // namespace

TEST_CASE("a store of version 1 goes on with every value and numbered rows") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    make_version_1(path, 3);
    {
        auto store = open_store(path);
        CHECK(committed(store, 77) == 41);
        CHECK(store.last_arrival() == 5);
        // As time goes in each base.
        CHECK(ask(path, "SELECT id, device, ts, hz FROM mfm ORDER BY id") ==
              Lines{"1|mains0|99997|50.003", "2|mains2|99998|50.002", "3|mains1|99999|50.001"});
        CHECK(ask(path,
                  "SELECT base, device, channel, ts, field, value, text FROM samples WHERE base = 'outputs'"
                  " ORDER BY ts, field") == Lines{"outputs|b|10s|1000|ID|6|", "outputs|b|10s|1000|id|7|",
                                                  "outputs|b||2000|ID|5|", "outputs|b||2000|text||late"});
        write(store, measurement("outputs", "b", 3000, {{"id", 1.0}, {"new", 2.0}}), 42);
        write(store, measurement("mfm", "mains0", 99997, {{"hz", 49.5}}), 43);
    }
    auto const store = open_store(path);
    CHECK(store.last_arrival() == 7);
    CHECK(ask(path, "SELECT count(*) FROM samples WHERE base = 'mfm'") == Lines{"3"});
    CHECK(ask(path, "SELECT field, value FROM samples WHERE ts = 3000 ORDER BY field") ==
          Lines{"id|1.0", "new|2.0"});
    CHECK(ask(path, "SELECT id FROM mfm WHERE hz = 49.5") == Lines{"7"});
    CHECK(ask(path, "SELECT count(*) FROM outputs") == Lines{"0"});
    CHECK(ask(path, "PRAGMA user_version") == Lines{"2"});
    CHECK(ask(path, "PRAGMA integrity_check") == Lines{"ok"});
}

TEST_CASE("an empty store of version 1 goes on") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    make_version_1(path, 1);
    auto other = Connection::open(path, Connection::Access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(other->execute("DELETE FROM mfm; DELETE FROM outputs").has_value());
    auto store = open_store(path);
    write(store, measurement("mfm", "mains0", 1, {{"hz", 49.5}}));
    CHECK(ask(path, "SELECT id FROM mfm") == Lines{"1"});
}

TEST_CASE("a start that is killed while it brings the store up to date is made good by the next") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    constexpr int rows = 60'000;
    make_version_1(path, rows);
    int interrupted = 0;
    for (int wait_ms = 1; wait_ms <= 256; wait_ms *= 2) {
        pid_t const child = ::fork();
        if (child == 0) {
            (void)Store::open(path);
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFSIGNALED(status)) ++interrupted;
        auto const version = ask(path, "PRAGMA user_version").at(0);
        CHECK(ask(path, "SELECT count(*) FROM mfm") == Lines{std::to_string(rows)});
        if (version == "2") break;
    }
    CHECK(interrupted > 1);
    auto const store = open_store(path);
    CHECK(store.last_arrival() == rows + 2);
    CHECK(ask(path, "SELECT min(id), max(id), count(DISTINCT id) FROM mfm") == Lines{"1|60000|60000"});
    CHECK(ask(path, "PRAGMA integrity_check") == Lines{"ok"});
}
