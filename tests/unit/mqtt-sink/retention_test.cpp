// SPDX-License-Identifier: MIT
#include "mqtt-sink/retention.hpp"

#include "mqtt-sink/rollup_reader.hpp"

#include "rollup_steps.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>

using namespace sink;
using namespace test;

namespace {

constexpr int days = 20;
constexpr std::int64_t end = august + days * day_ms;

bridge::Timestamp at(std::int64_t time) { return bridge::Timestamp(std::chrono::milliseconds(time)); }

Keep keep(std::string_view text) {
    auto const parsed = Keep::parse(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

/// Twenty days of a device that gives a reading each ten seconds during one hour of the day, and of one that
/// gives one an hour.
class Twenty {
  public:
    Twenty() {
        REQUIRE(store_.begin().has_value());
        for (int day = 0; day < days; ++day) {
            for (int i = 0; i < 360; ++i) add("fast", august + day * day_ms + i * 10'000);
            for (int hour = 0; hour < 24; ++hour) add("slow", august + day * day_ms + hour * hour_ms);
        }
        REQUIRE(store_.commit(inbox_id, 1).has_value());
    }

    /// All that can be deleted at the end of the twenty days.
    Retention::Deleted run(Retention& retention, std::int64_t now = end) {
        execute(connection_, "BEGIN IMMEDIATE");
        REQUIRE(retention.load(connection_).has_value());
        REQUIRE(retention.begin(connection_, at(now)).has_value());
        while (retention.busy()) {
            auto const before = number(connection_, "SELECT total_changes()");
            REQUIRE(retention.unit(connection_).has_value());
            CHECK(number(connection_, "SELECT total_changes()") - before <= 512);
        }
        execute(connection_, "COMMIT");
        return retention.take_deleted();
    }
    std::int64_t rows(std::string const& device) {
        return number(connection_,
                      "SELECT count(*) FROM mfm JOIN streams ON streams.id = stream WHERE device = " +
                          sql_text(device));
    }
    std::vector<Bucket> buckets(std::string const& device, std::int64_t from, std::int64_t to,
                                std::int64_t width) {
        auto const found = read_buckets(connection_, {"mfm", device, "", "v", from, to}, width);
        REQUIRE(found.has_value());
        return *found;
    }

    TempFolder folder_;
    std::string path_ = folder_ / "store.db";
    Store store_ = open_store(path_);
    Connection connection_ = connect(path_);

  private:
    void add(std::string_view device, std::int64_t time) {
        auto const value = static_cast<double>(time % day_ms) / 1000.0;
        REQUIRE(store_.write(measurement("mfm", device, time, {{"v", value}})).has_value());
    }
};

}  // namespace

TEST_CASE("rows that are old enough are deleted and what is said of their minutes and hours stays") {
    Twenty twenty;
    roll_up(twenty.connection_);
    auto const hours = ask(twenty.path_, "SELECT * FROM rollup_1h");
    auto const minutes = ask(twenty.path_, "SELECT * FROM rollup_1m");
    auto const minute = twenty.buckets("fast", august, august + hour_ms - 1, minute_ms);
    Retention retention({keep("mfm=5d"), keep(""), {}});
    auto const deleted = twenty.run(retention);
    CHECK(deleted.rows == 15 * 360);
    CHECK(deleted.rows_not_given == 0);
    CHECK(deleted.minutes == 0);
    CHECK(twenty.rows("fast") == 5 * 360);
    // It has no minutes but its rows.
    CHECK(twenty.rows("slow") == 20 * 24);
    CHECK(ask(twenty.path_, "SELECT * FROM rollup_1h") == hours);
    CHECK(ask(twenty.path_, "SELECT * FROM rollup_1m") == minutes);
    CHECK(twenty.run(retention).rows == 0);

    // A chart of what is deleted, and one in pieces that are shorter than what is left.
    auto const same = twenty.buckets("fast", august, august + hour_ms - 1, minute_ms);
    REQUIRE(same.size() == 60);
    CHECK(same[7].mean == minute[7].mean);
    CHECK(same[7].most == minute[7].most);
    CHECK(twenty.buckets("fast", august + 30'000, august + 10 * minute_ms - 1, 1000).size() == 10);
    CHECK(twenty.buckets("slow", august, august + day_ms - 1, minute_ms).size() == 24);
    CHECK(twenty.buckets("fast", august, end, day_ms).size() == 20);
}

TEST_CASE("minutes are deleted with the rows of hours that have none") {
    Twenty twenty;
    roll_up(twenty.connection_);
    auto const hours = ask(twenty.path_, "SELECT * FROM rollup_1h");
    Retention retention({keep("5d"), keep("10d"), {}});
    auto const deleted = twenty.run(retention);
    CHECK(deleted.rows == 15 * 360 + 10 * 24);
    CHECK(deleted.minutes == 10 * 60);
    CHECK(twenty.rows("slow") == 10 * 24);
    CHECK(number(twenty.connection_, "SELECT count(*) FROM rollup_1m") == 10 * 60);
    CHECK(number(twenty.connection_, "SELECT count(*) FROM dense_hours") == 10);
    CHECK(ask(twenty.path_, "SELECT * FROM rollup_1h") == hours);
    CHECK(twenty.buckets("slow", august, august + day_ms - 1, minute_ms).size() == 24);
}

TEST_CASE("nothing is deleted of a base that is kept for ever") {
    Twenty twenty;
    roll_up(twenty.connection_);
    Retention retention({keep("isems=5d"), keep(""), {}});
    CHECK(twenty.run(retention).rows == 0);
    CHECK_FALSE(retention.too_old("mfm", at(0)));
}

TEST_CASE("what comes when it is older than what is kept is told and a limit never goes back") {
    Twenty twenty;
    roll_up(twenty.connection_);
    Retention retention({keep("5d"), keep(""), {}});
    CHECK_FALSE(retention.too_old("mfm", at(august)));
    twenty.run(retention);
    auto const limit = end - 5 * day_ms;
    CHECK(retention.too_old("mfm", at(limit - 1)));
    CHECK_FALSE(retention.too_old("mfm", at(limit)));
    CHECK_FALSE(retention.too_old("isems", at(0)));
    Retention longer({keep("10d"), keep(""), {}});
    CHECK(twenty.run(longer).rows == 0);
    CHECK(longer.too_old("mfm", at(limit - 1)));
}

TEST_CASE("rows wait for the rollups") {
    Twenty twenty;
    Retention retention({keep("5d"), keep(""), {}});
    CHECK(twenty.run(retention).rows == 0);
    // But from now on nothing older is taken, so the rollups are made of whole minutes.
    CHECK(retention.too_old("mfm", at(august)));
    roll_up(twenty.connection_);
    CHECK(twenty.run(retention).rows == 15 * 360);
}

TEST_CASE("rows wait for an output until they are twice as old as they have to be") {
    Twenty twenty;
    roll_up(twenty.connection_);
    execute(twenty.connection_, "INSERT INTO outputs VALUES ('quick', 1000000), ('gone', 1000000)");
    execute(twenty.connection_, "INSERT INTO outputs VALUES ('dead', 360)");
    Retention retention({keep("5d"), keep(""), {"quick", "dead"}});
    auto const deleted = twenty.run(retention);
    CHECK(deleted.rows == 10 * 360);
    CHECK(deleted.rows_not_given == 9 * 360);
    execute(twenty.connection_, "UPDATE outputs SET position = 1000000");
    auto const later = twenty.run(retention);
    CHECK(later.rows == 5 * 360);
    CHECK(later.rows_not_given == 0);
}

TEST_CASE("the newest row of a channel stays however old it is") {
    Twenty twenty;
    roll_up(twenty.connection_);
    Retention retention({keep("5d"), keep("10d"), {}});
    twenty.run(retention, end + 100 * day_ms);
    CHECK(twenty.rows("fast") == 1);
    CHECK(twenty.rows("slow") == 1);
    CHECK(number(twenty.connection_, "SELECT max(ts) FROM mfm") == end - hour_ms);
}

TEST_CASE("a file of which much was deleted becomes smaller") {
    Twenty twenty;
    roll_up(twenty.connection_);
    execute(twenty.connection_, "PRAGMA wal_checkpoint(TRUNCATE)");
    auto const before = std::filesystem::file_size(twenty.path_);
    Retention retention({keep("1d"), keep("1d"), {}});
    twenty.run(retention);
    execute(twenty.connection_, "PRAGMA wal_checkpoint(TRUNCATE)");
    auto const after = std::filesystem::file_size(twenty.path_);
    CHECK(after < before / 2);
    CHECK(number(twenty.connection_, "PRAGMA freelist_count") * 10 <=
          number(twenty.connection_, "PRAGMA page_count"));
    CHECK(ask(twenty.path_, "PRAGMA integrity_check") == Lines{"ok"});
}
