// SPDX-License-Identifier: MIT
#include "mqtt-sink/rollups.hpp"

#include "mqtt-sink/rollup_reader.hpp"

#include "rollup_steps.hpp"
#include "support/seed.hpp"
#include "support/temp_folder.hpp"

#include <cmath>
#include <random>

using namespace sink;
using namespace test;

namespace {

/// One device whose field `v` has these values, one each `pace` from `start` on.
void write_row(Store& store, std::int64_t start, std::int64_t pace, std::vector<double> const& values) {
    REQUIRE(store.begin().has_value());
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto const time = start + static_cast<std::int64_t>(i) * pace;
        REQUIRE(store.write(measurement("mfm", "mains", time, {{"v", values[i]}})).has_value());
    }
    REQUIRE(store.commit(inbox_id, 1).has_value());
}

std::vector<double> counted(int from, int end) {
    std::vector<double> values;
    for (int i = from; i < end; ++i) values.push_back(i);
    return values;
}

/// What comes from devices in any order: some in bursts, some seldom, some again, some corrected, some late.
class RandomRows {
  public:
    explicit RandomRows(std::uint64_t seed) : random_(seed) {}

    void write(Store& store, std::size_t rows) {
        REQUIRE(store.begin().has_value());
        for (std::size_t i = 0; i < rows; ++i) {
            auto const device = below(2) == 0 ? "fast" : "slow";
            auto const time = august + (*device == 'f' ? burst() : slow());
            auto readings = std::vector<bridge::Reading>{{"a", value()}};
            if (below(3) > 0) readings.push_back({"b", static_cast<std::int64_t>(below(100))});
            if (below(40) == 0) readings.push_back({"c", value()});
            if (below(40) == 0) readings.back().value = std::string("none");
            REQUIRE(store.write(measurement("mfm", device, time, std::move(readings))).has_value());
        }
        REQUIRE(store.commit(inbox_id, 1).has_value());
    }
    std::int64_t below(std::int64_t end) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(end));
    }

  private:
    double value() { return static_cast<double>(below(100'000)) / 1000.0; }
    /// Few different times, so that many rows are there already; the hours at the ends of days too.
    std::int64_t burst() { return (23 + below(2)) * hour_ms + below(700) * 5000; }
    std::int64_t slow() { return below(3 * 24 * 30) * 2 * minute_ms; }

    std::mt19937_64 random_;
};

/// The same from the raw rows alone.
std::vector<Bucket> expected(std::string const& path, SeriesQuestion const& question, std::int64_t width) {
    auto const first = floor_to(question.from, width_of(level_for(width)));
    std::map<std::int64_t, Summary> pieces;
    auto connection = connect(path);
    auto rows = connection.prepare(fmt::format(
        "SELECT ts, value FROM samples WHERE device = {} AND field = {} AND ts BETWEEN {} AND {} AND value"
        " IS NOT NULL ORDER BY ts",
        sql_text(question.device), sql_text(question.field), question.from, question.to));
    REQUIRE(rows.has_value());
    for (;;) {
        auto const row = rows->step();
        REQUIRE(row.has_value());
        if (!*row) break;
        pieces[first + (rows->integer(0) - first) / width * width].add(rows->number(1));
    }
    std::vector<Bucket> buckets;
    for (auto const& [start, sum] : pieces) buckets.push_back({start, sum.mean(), sum.least(), sum.most()});
    return buckets;
}

void check_questions(std::string const& path, RandomRows& random) {
    auto connection = connect(path);
    for (int i = 0; i < 12; ++i) {
        auto const from = august - hour_ms + random.below(4 * day_ms);
        SeriesQuestion const question{"mfm", i % 2 == 0 ? "fast" : "slow",   "", i % 3 == 0 ? "b" : "a",
                                      from,  from + random.below(3 * day_ms)};
        auto const width = piece_width(question.from, question.to, 1 + random.below(i < 6 ? 20 : 200));
        auto const buckets = read_buckets(connection, question, width);
        REQUIRE(buckets.has_value());
        auto const right = expected(path, question, width);
        INFO(question.device << " " << question.from << " " << question.to << " " << width);
        REQUIRE(buckets->size() == right.size());
        for (std::size_t piece = 0; piece < right.size(); ++piece) {
            CHECK((*buckets)[piece].start == right[piece].start);
            CHECK((*buckets)[piece].least == right[piece].least);
            CHECK((*buckets)[piece].most == right[piece].most);
            CHECK(std::abs((*buckets)[piece].mean - right[piece].mean) < 1e-9);
        }
    }
}

}  // namespace

TEST_CASE("a minute has the count and the mean and the least and the most of its numbers") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto connection = connect(path);
    write_row(store, august, 10'000, counted(0, 361));
    roll_up(connection);
    CHECK(ask(path, "SELECT stream, field, start, n, mean, min, max FROM rollup_1m LIMIT 2") ==
          Lines{fmt::format("1|0|{}|6|2.5|0.0|5.0", august),
                fmt::format("1|0|{}|6|8.5|6.0|11.0", august + minute_ms)});
    CHECK(ask(path, "SELECT count(*) FROM rollup_1m") == Lines{"60"});
    CHECK(
        ask(path, "SELECT start, n, mean, min, max FROM rollup_1h") ==
        Lines{fmt::format("{}|360|179.5|0.0|359.0", august), fmt::format("{}|1|360.0||", august + hour_ms)});
    CHECK(ask(path, "SELECT start, n, mean, min, max FROM rollup_1d") ==
          Lines{fmt::format("{}|361|180.0|0.0|360.0", august)});
}

TEST_CASE("an hour of few rows has no minutes of its own until there are more") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto connection = connect(path);
    write_row(store, august, 15'000, counted(0, 240));
    roll_up(connection);
    CHECK(ask(path, "SELECT count(*) FROM rollup_1m") == Lines{"0"});
    CHECK(ask(path, "SELECT n FROM rollup_1h") == Lines{"240"});
    write_row(store, august + 1, 1, {0.0});
    roll_up(connection);
    CHECK(ask(path, "SELECT count(*), sum(n) FROM rollup_1m") == Lines{"60|241"});
    CHECK(ask(path, "SELECT n FROM rollup_1h") == Lines{"241"});
}

TEST_CASE("a number that was corrected to a text is in no rollup any more") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto connection = connect(path);
    write_row(store, august, 10'000, counted(0, 300));
    write_row(store, august + day_ms, 1, {7.0});
    roll_up(connection);
    write(store, measurement("mfm", "mains", august + day_ms, {{"v", std::string("none")}}));
    for (int second = 0; second < 60; second += 10)
        write(store, measurement("mfm", "mains", august + second * 1000, {{"v", std::string("none")}}));
    roll_up(connection);
    CHECK(ask(path, fmt::format("SELECT count(*) FROM rollup_1m WHERE start = {}", august)) == Lines{"0"});
    CHECK(ask(path, "SELECT start, n FROM rollup_1h") == Lines{fmt::format("{}|294", august)});
    CHECK(ask(path, "SELECT start, n FROM rollup_1d") == Lines{fmt::format("{}|294", august)});
}

TEST_CASE("rollups kept while rows come in any order are those rebuilt from the rows") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto connection = connect(path);
    auto const chosen = seed(5);
    INFO("seed " << chosen);
    RandomRows random(chosen);
    Rollups rollups;
    int done = 0;
    for (int batch = 0; batch < 60; ++batch) {
        random.write(store, static_cast<std::size_t>(1 + random.below(80)));
        // Some of these rows are behind what the rollups have.
        if (batch % 6 == 5) check_questions(path, random);
        execute(connection, "BEGIN IMMEDIATE");
        for (auto units = random.below(800); units > 0; --units) {
            run_unit(connection, rollups);
            if (!rollups.busy()) ++done;
        }
        switch (random.below(6)) {
            case 0:  // a fault
                execute(connection, "ROLLBACK");
                rollups.reset();
                break;
            case 1:  // killed after a commit
                execute(connection, "COMMIT");
                rollups = {};
                break;
            default:
                execute(connection, "COMMIT");
        }
    }
    CHECK(done > 5);
    roll_up(connection);
    check_questions(path, random);
    auto const kept = all_rollups(path);
    CHECK(number(connection, "SELECT count(*) FROM dense_hours") >= 2);
    CHECK(number(connection, "SELECT count(*) FROM rollup_1h") > 60);

    execute(connection,
            "DELETE FROM rollup_1m; DELETE FROM rollup_1h; DELETE FROM rollup_1d;"
            "DELETE FROM dense_hours; UPDATE upkeep SET rolled = 0");
    roll_up(connection);
    CHECK(all_rollups(path) == kept);
    CHECK(ask(path, "SELECT sum(n) FROM rollup_1d") == ask(path, "SELECT count(value) FROM samples"));
}

TEST_CASE("a round of rollups is made of small pieces") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto connection = connect(path);
    REQUIRE(store.begin().has_value());
    for (int i = 0; i < 20'000; ++i) {
        std::vector<bridge::Reading> readings;
        for (auto const* field : {"a", "b", "c", "d", "e"}) readings.push_back({field, i * 0.5});
        auto const device = i % 2 == 0 ? "one" : "two";
        REQUIRE(store.write(measurement("mfm", device, august + i * 100, std::move(readings))).has_value());
    }
    REQUIRE(store.commit(inbox_id, 1).has_value());
    Rollups rollups;
    std::int64_t most_changes = 0;
    int units = 0;
    execute(connection, "BEGIN IMMEDIATE");
    do {
        auto const before = number(connection, "SELECT total_changes()");
        run_unit(connection, rollups);
        most_changes = std::max(most_changes, number(connection, "SELECT total_changes()") - before);
        ++units;
    } while (rollups.busy());
    execute(connection, "COMMIT");
    CHECK(most_changes <= 64);
    // Numbers of arrival by 2,000 and rows by 256.
    CHECK(units >= 20'000 / 2000 + 20'000 / 256);
    CHECK(ask(path, "SELECT sum(n) FROM rollup_1m") == Lines{"100000"});
}
