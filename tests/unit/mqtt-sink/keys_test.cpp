// SPDX-License-Identifier: MIT
// That rows are found by their key, whoever asks: as SQLite explains it.
#include "mqtt-sink/series_reader.hpp"
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <sqlite3.h>

#include <set>

using namespace sink;
using namespace test;

namespace {

/// Hears every statement of connections that are opened while it lives.
class Heard {
  public:
    Heard() { sqlite3_auto_extension(extension()); }
    ~Heard() { sqlite3_cancel_auto_extension(extension()); }
    Heard(Heard const&) = delete;
    Heard& operator=(Heard const&) = delete;

    static std::set<std::string>& statements() {
        static std::set<std::string> all;
        return all;
    }

  private:
    static int hear(unsigned, void*, void* statement, void*) {
        statements().insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
        return 0;
    }
    static int begin(sqlite3* database, char const**, sqlite3_api_routines const*) {
        return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, &Heard::hear, nullptr);
    }
    static void (*extension())() { return reinterpret_cast<void (*)()>(&Heard::begin); }
};

/// How SQLite goes about it, a step a line.
std::string plan(std::string const& path, std::string const& sql) {
    auto connection = Connection::open(path, Connection::Access::read_only);
    REQUIRE(connection.has_value());
    auto rows = connection->prepare("EXPLAIN QUERY PLAN " + sql);
    INFO(sql << (rows ? "" : rows.error().detail));
    REQUIRE(rows.has_value());
    std::string steps;
    for (auto row = rows->step(); row && *row; row = rows->step()) {
        steps += fmt::format("{}\n", rows->text(3));
    }
    return steps;
}

bool scans_a_table_of_rows(std::string const& steps) {
    return steps.find("SCAN t\n") != std::string::npos || steps.find("SCAN t ") != std::string::npos ||
           steps.find("SCAN mfm") != std::string::npos || steps.find("SCAN isems") != std::string::npos;
}

/// Some rows of two bases, three devices and a channel.
void fill(std::string const& path) {
    auto store = open_store(path);
    for (int ts = 1000; ts < 50'000; ts += 1000) {
        write(store, measurement("mfm", "mains", ts, {{"hz", 50.0}}));
        write(store, measurement("mfm", "garage", ts, {{"hz", 50.0}, {"note", std::string("x")}}));
        write(store, measurement("mfm", "mains", ts, {{"hz", 50.0}}, "10s"));
        write(store, measurement("isems", "node", ts, {{"battery_v", 12.5}}));
    }
}

}  // namespace

TEST_CASE("no question of the sink reads a base's whole table") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    fill(path);
    Heard const heard;
    auto reader = StoreReader::open(path);
    REQUIRE(reader.has_value());
    CHECK(reader->devices()->size() == 3);
    CHECK(reader->newest_of_each("mfm")->size() == 2);
    CHECK(reader->newest_of("mfm", "garage", 7)->size() == 7);
    CHECK(reader->rows_after(100, 10, 1000)->rows.size() == 10);
    SeriesQuestion const question{"mfm", "mains", "", "hz", 5000, 9000};
    CHECK(reader->buckets(question, 2000)->size() == 3);
    CHECK(reader->events({{}, {}, 0, 9000, {}, 10})->empty());
    SeriesReader series(reader->connection());
    auto const streams = series.streams("mains");
    REQUIRE(streams->size() == 2);
    CHECK(series.fields_of(streams->front())->size() == 1);
    auto const fields = series.fields("mfm");
    CHECK(series.rows(streams->front(), *fields, 5000, 9000, 100, 10'000)->rows.size() == 5);

    int of_rows = 0;
    for (auto const& sql : Heard::statements()) {
        auto const steps = plan(path, sql);
        INFO(sql << "\n" << steps);
        CHECK(steps.find("SCAN events") == std::string::npos);
        CHECK_FALSE(scans_a_table_of_rows(steps));
        if (steps.find("mfm") == std::string::npos && steps.find(" t ") == std::string::npos) continue;
        CHECK(steps.find("TEMP B-TREE") == std::string::npos);
        ++of_rows;
    }
    CHECK(of_rows >= 6);
}

TEST_CASE("what other programs ask of a device and a time is found by the key") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    fill(path);
    std::string const by_key = "SEARCH t USING PRIMARY KEY (stream=? AND ts>? AND ts<?)";
    for (auto const* view : {"samples", "mfm_samples"}) {
        auto const ask_view = fmt::format(
            "SELECT ts, value FROM {} WHERE base = 'mfm' AND device = 'mains' AND channel = '' AND field = "
            "'hz'"
            " AND ts BETWEEN 5000 AND 9000 ORDER BY ts",
            view);
        auto const steps = plan(path, ask_view);
        INFO(ask_view << "\n" << steps);
        CHECK(steps.find(by_key) != std::string::npos);
        CHECK(steps.find("SEARCH s USING COVERING INDEX") != std::string::npos);
        CHECK(steps.find("(base=? AND device=? AND channel=?)") != std::string::npos);
        CHECK(steps.find("SEARCH f USING PRIMARY KEY (base=? AND field=?)") != std::string::npos);
        CHECK_FALSE(scans_a_table_of_rows(steps));
        CHECK(ask(path, ask_view).size() == 5);
    }
    // As dashboards ask: all devices of a time.
    auto const steps = plan(path, "SELECT ts, device, value FROM samples WHERE field = 'hz' AND ts > 5000");
    INFO(steps);
    CHECK(steps.find("SEARCH t USING PRIMARY KEY (stream=? AND ts>?)") != std::string::npos);
    CHECK_FALSE(scans_a_table_of_rows(steps));
}

TEST_CASE("a stream keeps its number and no other has it") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    {
        auto store = open_store(path);
        write(store, measurement("mfm", "mains", 1000, {{"hz", 50.0}}));
        // Numbers that a rolled back transaction gave are free again, and not remembered.
        REQUIRE(store.begin().has_value());
        REQUIRE(store.write(measurement("mfm", "lost", 1000, {{"hz", 50.0}})).has_value());
        store.rollback();
        write(store, measurement("mfm", "garage", 1000, {{"hz", 51.0}}));
        write(store, measurement("mfm", "lost", 2000, {{"hz", 52.0}}));
    }
    auto store = open_store(path);
    write(store, measurement("mfm", "mains", 2000, {{"hz", 50.5}}));
    write(store, measurement("isems", "mains", 1000, {{"hz", 12.0}}));
    write(store, measurement("mfm", "mains", 1000, {{"hz", 10.0}}, "10s"));
    CHECK(ask(path, "SELECT * FROM streams ORDER BY id") ==
          Lines{"1|mfm|mains|", "2|mfm|garage|", "3|mfm|lost|", "4|isems|mains|", "5|mfm|mains|10s"});
    CHECK(ask(path, "SELECT base, device, channel, ts, value FROM samples ORDER BY value") ==
          Lines{"mfm|mains|10s|1000|10.0", "isems|mains||1000|12.0", "mfm|mains||1000|50.0",
                "mfm|mains||2000|50.5", "mfm|garage||1000|51.0", "mfm|lost||2000|52.0"});
}
