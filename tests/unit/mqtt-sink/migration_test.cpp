// SPDX-License-Identifier: MIT
#include "mqtt-sink/schema.hpp"

#include "old_stores.hpp"
#include "store_steps.hpp"
#include "support/seed.hpp"
#include "support/temp_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

using namespace sink;
using namespace test;
using bridge::Reading;

TEST_CASE("a store of version 1 goes on with every value and numbered rows") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    make_file(path, version_1(3));
    {
        auto store = open_store(path);
        CHECK(committed(store, 77) == 41);
        CHECK(store.last_arrival() == 5);
        // As time goes in each base.
        CHECK(ask(path,
                  "SELECT t.id, device, ts, hz FROM mfm AS t JOIN streams AS s ON s.id = stream ORDER BY "
                  "t.id") ==
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
    CHECK(ask(path, "SELECT table_name FROM bases WHERE base = 'outputs'") == Lines{"outputs_2"});
    CHECK(ask(path, "PRAGMA user_version") == Lines{"3"});
    CHECK(ask(path, "PRAGMA integrity_check") == Lines{"ok"});
}

TEST_CASE("an empty store of version 1 goes on") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    make_file(path, version_1(1));
    auto other = Connection::open(path, Connection::Access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(other->execute("DELETE FROM mfm; DELETE FROM outputs").has_value());
    auto store = open_store(path);
    write(store, measurement("mfm", "mains0", 1, {{"hz", 49.5}}));
    CHECK(ask(path, "SELECT id FROM mfm") == Lines{"1"});
}

TEST_CASE("a store of version 2 goes on with every value under its number") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    make_file(path, version_2(4));
    auto const before = look_at_store(path, 77);
    REQUIRE(before.has_value());
    CHECK(before->is_old());
    CHECK(before->committed == 41);
    CHECK(look_at_store(path, 78)->committed == 0);
    auto store = open_store(path);
    CHECK(committed(store, 77) == 41);
    CHECK(store.last_arrival() == 1'000'010);
    CHECK(*store.position("main") == 2);
    CHECK(*store.position("other") == 5);
    CHECK(ask(path,
              "SELECT t.id, device, ts, hz, name FROM mfm AS t JOIN streams AS s ON s.id = stream"
              " ORDER BY t.id") ==
          Lines{"1|mains1|1000|50.001|J\u00f6rg 1", "2|mains2|2000|50.002|J\u00f6rg 2",
                "3|mains0|3000|50.003|J\u00f6rg 3", "4|mains1|4000|50.004|J\u00f6rg 4"});
    CHECK(ask(path,
              "SELECT device, channel, field, value, text FROM samples WHERE base = 'streams'"
              " ORDER BY channel, field") == Lines{"a||Stream|1.5|", "a||device||x", "a||id|3|",
                                                   "a||it's \"odd\"|4.5|", "a||stream|2.5|",
                                                   "a|10s|it's \"odd\"||text"});
    CHECK(ask(path, "SELECT * FROM availability") == Lines{"mfm|mains0|1000|online"});
    CHECK(ask(path, "SELECT id, sentence FROM set_aside") == Lines{"7|a sentence"});
    write(store, measurement("streams", "a", 9000, {{"id", 1.0}, {"new", 2.0}}), 42);
    CHECK(ask(path,
              "SELECT field, value FROM samples WHERE channel = '' AND base = 'streams' AND value < 2.1"
              " ORDER BY field") == Lines{"Stream|1.5", "id|1.0", "new|2.0"});
    CHECK(ask(path, "SELECT count(*) FROM streams") == Lines{"5"});
    CHECK(ask(path, "SELECT table_name FROM bases WHERE base = 'streams'") == Lines{"streams_2"});
    CHECK(ask(path, "SELECT id FROM streams_2 ORDER BY id") == Lines{"1000002", "1000011"});
    CHECK(ask(path, "PRAGMA user_version") == Lines{"3"});
    CHECK(ask(path, "PRAGMA integrity_check") == Lines{"ok"});
}

TEST_CASE("a start that is killed while it brings the store up to date is made good by the next") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    constexpr int rows = 200'000;
    make_file(path, version_2(rows));
    auto const version = [&] { return ask(path, "PRAGMA user_version").at(0); };
    auto const values = [&] { return ask(path, "SELECT count(*), sum(id), sum(hz), min(name) FROM mfm"); };
    auto const wanted = values();
    std::uint64_t const used = seed(11);
    INFO("seed " << used);
    std::mt19937_64 random(used);
    int interrupted = 0;
    std::uint64_t longest_ms = 4;
    while (version() == "2" && interrupted < 12) {
        pid_t const child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            (void)Store::open(path);
            ::_exit(0);
        }
        // Longer and longer, as nobody knows how fast this machine is.
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % longest_ms));
        longest_ms *= 2;
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFSIGNALED(status)) ++interrupted;
        CHECK(values() == wanted);
    }
    CHECK(interrupted > 1);
    auto const store = open_store(path);
    CHECK(store.last_arrival() == 1'000'010);
    CHECK(values() == wanted);
    CHECK(ask(path, "SELECT count(DISTINCT id), count(DISTINCT ts), min(ts), max(ts) FROM mfm") ==
          Lines{"200000|200000|1000|200000000"});
    CHECK(ask(path, "SELECT count(*) FROM streams") == Lines{"5"});
    CHECK(ask(path, "PRAGMA integrity_check") == Lines{"ok"});
}
