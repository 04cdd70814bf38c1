// SPDX-License-Identifier: MIT
#include "mqtt-sink/upkeep.hpp"

#include "rollup_steps.hpp"
#include "support/temp_folder.hpp"

using namespace sink;
using namespace test;
using namespace std::chrono_literals;

namespace {

/// A store with rows, and clocks that are moved by hand and by each look at them.
class House {
  public:
    explicit House(std::string_view kept = "") {
        auto const keep = Keep::parse(kept);
        REQUIRE(keep.has_value());
        rules_.rows = *keep;
        start();
    }

    void start() {
        upkeep_.emplace(rules_, counts_, bridge::Log(bridge::LogLevel::error), [this] {
            clocks_.steady += look_;
            return clocks_;
        });
        REQUIRE(upkeep_->load(connection_).has_value());
    }
    void run(std::chrono::minutes time) {
        clocks_.wall += time;
        clocks_.steady += time;
    }
    void write(int rows, std::int64_t first = august) {
        REQUIRE(store_.begin().has_value());
        for (int i = 0; i < rows; ++i) {
            REQUIRE(store_.write(measurement("mfm", "mains", first + i * 1000, {{"v", 1.5}})).has_value());
        }
        REQUIRE(store_.commit(inbox_id, 1).has_value());
    }
    bool has_work() {
        auto const work = upkeep_->has_work(connection_);
        REQUIRE(work.has_value());
        return *work;
    }
    bool step() {
        execute(connection_, "BEGIN IMMEDIATE");
        auto const more = upkeep_->step(connection_);
        INFO((more ? "" : more.error().detail));
        REQUIRE(more.has_value());
        execute(connection_, "COMMIT");
        return *more;
    }
    int work() {
        int steps = 0;
        while (has_work() && steps < 1000) {
            step();
            ++steps;
        }
        return steps;
    }
    std::int64_t ask(std::string const& sql) { return number(connection_, sql); }

    TempFolder folder_;
    bridge::Clocks clocks_{bridge::Timestamp(std::chrono::milliseconds(august + 2 * day_ms)),
                           std::chrono::steady_clock::time_point(1h)};
    std::chrono::milliseconds look_{0};
    bridge::Metrics metrics_;
    Counts counts_{metrics_};
    Retention::Rules rules_;
    Store store_ = open_store(folder_ / "store.db");
    Connection connection_ = connect(folder_ / "store.db");
    std::optional<Upkeep> upkeep_;
};

}  // namespace

TEST_CASE("rollups are brought up to date at the start and then once an hour") {
    House house;
    CHECK_FALSE(house.has_work());
    house.write(100);
    CHECK(house.has_work());
    house.work();
    CHECK(house.ask("SELECT sum(n) FROM rollup_1d") == 100);
    house.write(150);
    house.run(59min);
    CHECK_FALSE(house.has_work());
    CHECK(house.counts_.rollups_waiting.value() == 50);
    house.run(1min);
    house.work();
    CHECK(house.ask("SELECT sum(n) FROM rollup_1d") == 150);
    CHECK_FALSE(house.has_work());
}

TEST_CASE("rollups do not wait when many rows do") {
    House house;
    house.write(1);
    house.work();
    house.write(50'100);
    CHECK(house.has_work());
    house.work();
    CHECK(house.ask("SELECT sum(n) FROM rollup_1d") >= 50'000);
}

TEST_CASE("a step of upkeep ends when its time is over") {
    House house;
    house.write(20'000);
    house.look_ = 1ms;
    int steps = 0;
    do {
        auto const start = house.clocks_.steady;
        house.step();
        // Its last look at the clock may be the one within the last piece of work.
        CHECK(house.clocks_.steady - start <= Upkeep::most_of_step + 3ms);
        ++steps;
    } while (house.has_work() && steps < 1000);
    CHECK(steps > 5);
    CHECK(house.ask("SELECT sum(n) FROM rollup_1d") == 20'000);
    CHECK(house.counts_.upkeep_seconds.value() <= 0.013);
}

TEST_CASE("nothing is deleted by a clock that has jumped or that nobody knows") {
    House house("1d");
    house.write(3600, august - 10 * day_ms);
    house.write(1, august + 2 * day_ms);
    house.work();
    CHECK(house.counts_.clock_doubted.value() == 1);
    CHECK(house.counts_.rows_deleted.value() == 0);

    // Known after a day, so a start finds it where it should be.
    house.run(24h);
    house.work();
    CHECK(house.counts_.clock_doubted.value() == 0);
    CHECK(house.counts_.rows_deleted.value() == 3600);
    house.write(3600, august + 2 * day_ms + 3 * hour_ms);
    house.start();
    house.work();
    CHECK(house.counts_.clock_doubted.value() == 0);

    house.clocks_.wall += 24h * 3650;
    house.run(1h);
    house.work();
    house.start();
    house.work();
    CHECK(house.counts_.clock_doubted.value() == 1);
    CHECK(house.counts_.rows_deleted.value() == 3600);
    CHECK_FALSE(house.upkeep_->refuses("mfm", house.clocks_.wall - 24h * 100));
}

TEST_CASE("what is old at a start is deleted as soon as it is in the rollups") {
    House house("1d");
    house.write(1, august + 2 * day_ms);
    house.work();
    // The clock is believed from now on.
    house.run(24h);
    house.work();
    house.write(3600, august - 10 * day_ms);
    house.start();
    house.work();
    CHECK(house.ask("SELECT sum(n) FROM rollup_1d") == 3601);
    CHECK(house.counts_.rows_deleted.value() == 3600);
}

TEST_CASE("what comes too late to be kept is refused and counted") {
    House house("1d");
    house.write(10, august + day_ms);
    house.run(24h);
    house.start();
    house.work();
    house.run(24h);
    house.work();
    CHECK(house.upkeep_->refuses("mfm", bridge::Timestamp(std::chrono::milliseconds(august))));
    CHECK_FALSE(house.upkeep_->refuses("mfm", house.clocks_.wall));
    CHECK(house.counts_.too_old.value() == 1);
    // After a start too, before anything else is done.
    house.start();
    CHECK(house.upkeep_->refuses("mfm", bridge::Timestamp(std::chrono::milliseconds(august))));
}
