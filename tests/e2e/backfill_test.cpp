// SPDX-License-Identifier: MIT
#include "outputs_rig.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <algorithm>
#include <string>

using namespace test;

namespace {

constexpr std::int64_t hour_ms = 3'600'000;

/// Those of a piece of time, both ends in it.
Values within(Database const& database, std::int64_t from, std::int64_t to) {
    Values values;
    for (auto const& line : in_sqlite(database, Texts::with)) {
        auto const behind = line.rfind('|');
        auto const before = line.rfind('|', behind - 1);
        auto const ts = std::stoll(line.substr(before + 1, behind - before - 1));
        if (ts >= from && ts <= to) values.insert(line);
    }
    return values;
}

}  // namespace

TEST_CASE("a database that lost its data gets a piece of time again beside the running sink") {
    constexpr std::size_t count = 6000;
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd influxd(folder);
    auto const sink_plan =
        sink_arguments(broker, folder, "other=http://127.0.0.1:9/write?db=x,influx=" + influxd.write_url());
    Program sink(folder, "mqtt-sink", sink_plan);
    REQUIRE(eventually([&] { return sink.ready(); }));
    // One reading every half minute: fifty hours.
    std::int64_t const first_ts = now_ms() - 60 * hour_ms;
    publish(broker, count, [first_ts](std::size_t number) {
        auto message = reading(0, number);
        auto const at = message.payload.find("\"ts\":" + std::to_string(number)) + 5;
        message.payload.replace(at, std::to_string(number).size(),
                                std::to_string(first_ts + static_cast<std::int64_t>(number) * 30'000));
        return message;
    });
    Database const database(folder / "store.db");
    REQUIRE(eventually([&] { return database.number("SELECT last FROM arrivals") == count; }));
    auto const all = in_sqlite(database, Texts::with);
    REQUIRE(eventually([&] { return in_influxd(influxd) == all; }));
    (void)influxd.ask("DROP DATABASE readings");
    (void)influxd.ask("CREATE DATABASE readings");

    auto const backfill = [&](std::string const& from, std::string const& to, std::string const& output) {
        Arguments arguments = {"backfill", "--from", from, "--to", to};
        if (!output.empty()) arguments = arguments + Arguments{"--output", output};
        return Process::Plan{program_path("mqtt-sink"), arguments + sink_plan, {}};
    };
    std::int64_t const from = first_ts + 5 * hour_ms;
    std::int64_t const to = first_ts + 30 * hour_ms;
    auto const wanted = within(database, from, to);
    REQUIRE(wanted.size() > 1000);
    // The database is away at first: that is waited for.
    influxd.kill();
    Process process(folder, backfill(std::to_string(from), std::to_string(to), "influx"));
    REQUIRE(eventually([&] { return process.errors().find("it is tried again") != std::string::npos; }));
    influxd.start();
    CHECK(process.wait_for_exit(40s) == 0);
    CHECK((in_influxd(influxd) == wanted));
    CHECK_THAT(process.output(), contains_text("output influx: 3001 rows given, 0 refused"));
    CHECK_THAT(process.errors(), contains_text("100 %, 3001 rows\n"));

    // Once more, and with everything: as it was.
    auto const again = run(folder, backfill("-61h", "now", "influx"), 40s);
    CHECK(again.exit_code == 0);
    CHECK((in_influxd(influxd) == all));
    auto const nothing = run(folder, backfill("-1h", "now", "influx"));
    CHECK(nothing.exit_code == 0);
    CHECK_THAT(nothing.output, contains_text("Nothing was measured in that time."));

    auto const refused = [&](Process::Plan const& plan, std::string const& sentence) {
        auto const finished = run(folder, plan);
        CHECK(finished.exit_code == 2);
        CHECK_THAT(finished.errors, contains_text(sentence));
    };
    refused(backfill("yesterday", "now", ""), "--from = \"yesterday\": must be");
    refused(backfill("now", "-1h", ""), "--to is before --from");
    refused(backfill("-1h", "now", "infux"), "--output = \"infux\": must be one of other, influx");
    refused({program_path("mqtt-sink"), {"backfill"}, {}}, "--from = \"\": must be");
    CHECK(sink.stop() == 0);
}
