// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/broker.hpp"
#include "support/certificates.hpp"
#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/influxd.hpp"
#include "support/publisher.hpp"
#include "support/victoria_metrics.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

using namespace test;
using nlohmann::json;

namespace {

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// `base device channel field ts value` of each value; one that is there twice is there twice.
using Values = std::multiset<std::string>;

std::string value(std::string const& base, std::string const& device, std::string const& channel,
                  std::string const& field, std::int64_t ts, std::string const& what) {
    return base + "|" + device + "|" + channel + "|" + field + "|" + std::to_string(ts) + "|" + what;
}

std::string number(double number) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", number);
    return text;
}

enum class Texts { with, without };

Values in_sqlite(Database const& database, Texts texts) {
    Values values;
    for (auto const& sample : database.samples()) {
        if (sample.text && texts == Texts::without) continue;
        values.insert(value(sample.base, sample.device, sample.channel, sample.field, sample.ts,
                            sample.text ? *sample.text : number(sample.value.value_or(0))));
    }
    return values;
}

Values in_influxd(Influxd const& influxd) {
    Values values;
    auto const answer = json::parse(influxd.ask("SELECT * FROM /.*/ GROUP BY *"), nullptr, false);
    if (answer.is_discarded() || !answer["results"][0].contains("series")) return values;
    for (auto const& series : answer["results"][0]["series"]) {
        auto const& columns = series["columns"];
        auto const tags = series.value("tags", json::object());
        for (auto const& row : series["values"]) {
            for (std::size_t i = 1; i < columns.size(); ++i) {
                if (row[i].is_null()) continue;
                values.insert(value(series["name"], tags.value("device", ""), tags.value("channel", ""),
                                    columns[i], row[0],
                                    row[i].is_string() ? row[i].get<std::string>() : number(row[i])));
            }
        }
    }
    return values;
}

/// `base_field` is the name of a series there; these bases have no `_`.
Values in_victoria_metrics(VictoriaMetrics const& database) {
    Values values;
    std::istringstream lines(database.everything());
    for (std::string line; std::getline(lines, line);) {
        auto const series = json::parse(line, nullptr, false);
        if (series.is_discarded()) continue;
        auto const& metric = series["metric"];
        std::string const name = metric["__name__"];
        auto const dash = name.find('_');
        for (std::size_t i = 0; i < series["values"].size(); ++i) {
            values.insert(value(name.substr(0, dash), metric.value("device", ""), metric.value("channel", ""),
                                name.substr(dash + 1), series["timestamps"][i], number(series["values"][i])));
        }
    }
    return values;
}

/// Three kinds of rows in turn, with what line protocol has to escape.
Publisher::Text reading(std::int64_t first_ts, std::size_t number) {
    auto const ts = std::to_string(first_ts + static_cast<std::int64_t>(number));
    auto const n = std::to_string(number);
    char hz[20];
    std::snprintf(hz, sizeof hz, "%.4f", 49.9 + static_cast<double>(number % 2000) / 10'000);
    switch (number % 3) {
        case 0:
            return {"mfm/mains" + std::to_string(number % 5),
                    R"({"ts":)" + ts + R"(,"seq":)" + n + R"(,"frequency_hz":)" + hz + "}"};
        case 1:
            return {
                "luxtronik/heat pump,1=2/parameters",
                R"({"ts":)" + ts + R"(,"a b,c=d":-)" + n + R"(e-7,"state_text":"say \"on\" \\ )" + n + "\"}"};
        default:
            return {
                "isems/S\xc3\xbc"
                "d",
                R"({"ts":)" + ts + R"(,"battery_v":12.)" + n + R"(,"name":"S)" + "\xc3\xbc" + R"(d"})"};
    }
}

Arguments sink_arguments(Broker const& broker, TempFolder const& folder, std::string const& outputs) {
    return broker_at(broker.port()) + Arguments{"--database", folder / "store.db", "--influx-url", outputs};
}

std::string output_state(Program const& sink, std::string const& name) {
    auto const ready = json::parse(sink.get("/readyz").body, nullptr, false);
    if (ready.is_discarded() || !ready["outputs"].contains(name)) return "";
    return ready["outputs"][name];
}

/// Rows that an output has still to give.
double lag(Program const& sink, std::string const& output) {
    return sink.metric("mqtt_sink_output_lag_rows", {{"output", output}});
}

bool database_has_no_refusals(TempFolder const& folder) {
    return Database(folder / "store.db").number("SELECT count(*) FROM set_aside") == 0;
}

void publish(Broker const& broker, std::size_t count, std::function<Publisher::Text(std::size_t)> message) {
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.message = std::move(message);
    Publisher const publisher(plan);
    REQUIRE(eventually([&] { return publisher.finished(); }));
}

}  // namespace

TEST_CASE("two databases hold what SQLite holds after they and the sink were killed under load") {
    constexpr std::size_t count = 30'000;
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd influxd(folder);
    VictoriaMetrics victoria(folder);
    Program sink(
        folder, "mqtt-sink",
        sink_arguments(broker, folder, "influx=" + influxd.write_url() + ",vm=" + victoria.write_url()));
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    std::int64_t const first_ts = now_ms() - 1'000'000;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.per_second = 2000;
    plan.message = [first_ts](std::size_t number) { return reading(first_ts, number); };
    Publisher publisher(plan);
    auto const stored = [&] {
        return static_cast<std::size_t>(database.number("SELECT last FROM arrivals").value_or(0));
    };
    auto const after = [&](std::size_t rows) { return eventually([&] { return stored() >= rows; }); };

    // VictoriaMetrics has what it took a moment ago in memory only, so it is killed when it has just taken
    // all.
    auto const victoria_has_all = [&] {
        return eventually([&] { return sink.metric("mqtt_sink_output_lag_rows", {{"output", "vm"}}) < 100; });
    };

    REQUIRE(after(3'000));
    influxd.kill();
    REQUIRE(after(5'000));
    influxd.start();
    REQUIRE(after(8'000));
    REQUIRE(victoria_has_all());
    victoria.kill();
    sink.kill();
    sink.start();
    victoria.start();
    REQUIRE(after(14'000));
    influxd.kill();
    sink.kill();
    sink.start();
    influxd.start();
    REQUIRE(after(18'000));
    REQUIRE(victoria_has_all());
    victoria.kill();
    REQUIRE(after(22'000));
    victoria.start();
    influxd.kill();
    influxd.start();

    REQUIRE(eventually([&] { return publisher.finished(); }, 30s));
    REQUIRE(eventually([&] { return stored() >= count; }));
    auto const all = in_sqlite(database, Texts::with);
    auto const numbers = in_sqlite(database, Texts::without);
    CHECK(all.size() > numbers.size());
    CHECK(numbers.size() == count / 3 * 4);
    (void)eventually([&] { return in_influxd(influxd).size() >= all.size(); });
    (void)eventually([&] { return in_victoria_metrics(victoria).size() >= numbers.size(); });
    CHECK((in_influxd(influxd) == all));
    CHECK((in_victoria_metrics(victoria) == numbers));
    CHECK(eventually([&] { return output_state(sink, "influx") == "working"; }));
    CHECK(eventually([&] { return output_state(sink, "vm") == "working"; }));
    CHECK(sink.metric("mqtt_sink_output_rows_refused_total") == 0);
    CHECK(sink.stop() == 0);
}

TEST_CASE("a database that is away or silent delays neither the others nor SQLite") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd const influxd(folder);
    FreePort const nobody;
    FreePort const silent_port;
    auto const silent = listen_on(silent_port.number());
    Program sink(folder, "mqtt-sink",
                 sink_arguments(broker, folder,
                                "away=http://" + nobody.address() + "/write?db=x,silent=http://" +
                                    silent_port.address() + "/write?db=x,influx=" + influxd.write_url()));
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    std::int64_t const first_ts = now_ms() - 1'000'000;
    publish(broker, 3000, [first_ts](std::size_t number) { return reading(first_ts, number); });
    REQUIRE(eventually([&] { return database.number("SELECT last FROM arrivals") == 3000; }));
    auto const all = in_sqlite(database, Texts::with);
    CHECK(eventually([&] { return in_influxd(influxd) == all; }));

    CHECK(sink.ready());
    CHECK(eventually([&] { return output_state(sink, "influx") == "working"; }));
    CHECK(eventually([&] { return output_state(sink, "away").find("refused") != std::string::npos; }));
    CHECK(eventually([&] { return lag(sink, "away") == 3000; }));
    CHECK(eventually([&] { return lag(sink, "influx") == 0; }));
    CHECK(sink.metric("mqtt_sink_output_failures_total", {{"output", "away"}}) > 0);
    CHECK(eventually([&] { return output_state(sink, "silent").find("in time") != std::string::npos; }));
    // Said once, however often it is tried.
    std::string const log = sink.log();
    auto const said = log.find("event=waiting output=away");
    REQUIRE(said != std::string::npos);
    CHECK(log.find("event=waiting output=away", said + 1) == std::string::npos);
    CHECK(sink.stop() == 0);
}

TEST_CASE("rows that a database refuses for good are set aside and the others are taken") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd const influxd(folder);
    // Since then `wrong` is a text for ever.
    REQUIRE(influxd.write("mfm,device=other wrong=\"text\" " + std::to_string(now_ms()) + "\n") == 204);
    // A server that refuses all has nothing against single rows.
    std::string const without_database = "http://127.0.0.1:" + std::to_string(influxd.port()) + "/write";
    Program sink(folder, "mqtt-sink",
                 sink_arguments(broker, folder, influxd.write_url() + ",wrong=" + without_database));
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    std::int64_t const first_ts = now_ms() - 1'000'000;
    std::set<std::size_t> const bad = {0, 7, 8, 500, 1999};
    publish(broker, 2000, [&](std::size_t number) {
        auto const ts = std::to_string(first_ts + static_cast<std::int64_t>(number));
        std::string const field = bad.contains(number) ? "wrong" : "right";
        return Publisher::Text{"mfm/mains",
                               R"({"ts":)" + ts + ",\"" + field + "\":" + std::to_string(number) + "}"};
    });
    CHECK(eventually([&] { return in_influxd(influxd).size() == 1996; }));
    CHECK(eventually([&] {
        return sink.metric("mqtt_sink_output_rows_refused_total", {{"output", "influx"}}) == 5;
    }));
    CHECK(eventually([&] {
        return sink.metric("mqtt_sink_messages_set_aside_total", {{"reason", "output"}}) == 5 &&
               lag(sink, "influx") == 0;
    }));
    REQUIRE(eventually(
        [&] { return database.number("SELECT count(*) FROM set_aside WHERE reason = 'output'") == 5; }));
    auto const rows = database.rows(
        "SELECT topic, payload, sentence FROM set_aside WHERE reason = 'output' ORDER BY payload");
    CHECK(rows[0][0] == "mfm/mains");
    CHECK(rows[0][1] == "mfm,device=mains wrong=0 " + std::to_string(first_ts));
    CHECK_THAT(rows[0][2], contains_text("field type conflict"));
    CHECK(eventually([&] {
        return output_state(sink, "wrong").find("everything is refused: status 400: database is required") !=
               std::string::npos;
    }));
    CHECK(eventually([&] { return lag(sink, "wrong") == 2000; }));
    CHECK(sink.metric("mqtt_sink_output_rows_refused_total", {{"output", "wrong"}}) == 0);
    CHECK(sink.stop() == 0);
}

TEST_CASE("an output that is set up wrongly waits and gives everything when it is put right") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd::Plan plan;
    plan.user = "admin";
    plan.password = "s3cret, with=signs";
    Influxd const influxd(folder, plan);
    (void)influxd.ask("DROP DATABASE readings");
    auto const arguments = sink_arguments(broker, folder, influxd.write_url());
    auto const started = [&](std::string const& password) {
        return Program(folder, "mqtt-sink", arguments,
                       {{"INFLUX_USERNAME", "admin"},
                        {"INFLUX_PASSWORD_FILE",
                         folder.write("password." + password.substr(0, 2), password + "\n").string()}});
    };
    std::int64_t const first_ts = now_ms() - 1'000'000;
    {
        auto sink = started("wr0ng, password");
        REQUIRE(eventually([&] { return sink.ready(); }));
        publish(broker, 10, [first_ts](std::size_t number) { return reading(first_ts, number); });
        REQUIRE(eventually([&] { return output_state(sink, "influx").find("401") != std::string::npos; }));
        CHECK_THAT(output_state(sink, "influx"), contains_text("[influx] username"));
        CHECK(sink.ready());
        for (auto const& shown : {sink.log(), sink.get("/readyz").body, sink.get("/metrics").body})
            CHECK(shown.find("wr0ng") == std::string::npos);
        CHECK(sink.stop() == 0);
    }
    auto sink = started(plan.password);
    REQUIRE(eventually(
        [&] { return output_state(sink, "influx").find("database not found") != std::string::npos; }));
    CHECK(database_has_no_refusals(folder));
    (void)influxd.ask("CREATE DATABASE readings");
    auto const all = in_sqlite(Database(folder / "store.db"), Texts::with);
    CHECK(eventually([&] { return in_influxd(influxd) == all; }));
    CHECK(eventually([&] { return output_state(sink, "influx") == "working"; }));
    CHECK(sink.stop() == 0);
}

TEST_CASE("rows that are older than what a database keeps are counted and delay nothing") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd const influxd(folder);
    (void)influxd.ask("CREATE RETENTION POLICY short ON readings DURATION 1h REPLICATION 1 DEFAULT");
    Program sink(folder, "mqtt-sink", sink_arguments(broker, folder, influxd.write_url() + "&rp=short"));
    REQUIRE(eventually([&] { return sink.ready(); }));
    std::int64_t const now = now_ms();
    publish(broker, 1000, [now](std::size_t number) {
        // Two days ago, but for the last.
        auto const ts = now - (number == 999 ? 0 : 172'800'000 - static_cast<std::int64_t>(number));
        return Publisher::Text{"mfm/mains",
                               R"({"ts":)" + std::to_string(ts) + R"(,"n":)" + std::to_string(number) + "}"};
    });
    CHECK(eventually([&] { return sink.metric("mqtt_sink_output_rows_refused_total") == 999; }));
    Values const newest{value("mfm", "mains", "", "n", now, "999")};
    CHECK(eventually([&] { return in_influxd(influxd) == newest; }));
    CHECK(database_has_no_refusals(folder));
    CHECK(eventually([&] { return sink.metric("mqtt_sink_output_rows_given_total") == 1; }));
    CHECK(eventually([&] { return sink.log().find("event=too_old") != std::string::npos; }));
    CHECK(sink.stop() == 0);
}

TEST_CASE("an output over TLS is given to the right server only") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Authority const authority(folder);
    Influxd::Plan plan;
    plan.tls = authority.issue("localhost");
    Influxd const influxd(folder, plan);
    auto const port = std::to_string(influxd.port());
    Variables const trusting = {{"SSL_CERT_FILE", authority.ca_file().string()}};
    auto const check = [&](std::string const& host, Variables const& variables) {
        return run(folder, {program_path("mqtt-sink"),
                            broker_at(broker.port()) +
                                Arguments{"--database", folder / "check.db", "--influx-url",
                                          "https://" + host + ":" + port + "/write?db=readings", "--check"},
                            variables});
    };
    // Everything is right but that there is no database yet: so it was heard.
    auto const right = check("localhost", trusting);
    CHECK_THAT(right.output, contains_text("database not found"));
    auto const wrong_name = check("127.0.0.1", trusting);
    CHECK(wrong_name.exit_code == 1);
    CHECK_THAT(wrong_name.output, contains_text("for another host name than 127.0.0.1"));
    auto const unknown = check("localhost", {});
    CHECK(unknown.exit_code == 1);
    CHECK_THAT(unknown.output, contains_text("authority that is not in"));
}

TEST_CASE("a sink asked to check says what it found of each output") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd const influxd(folder);
    VictoriaMetrics const victoria(folder);
    FreePort const nobody;
    auto const checked = [&](std::string const& outputs) {
        return run(
            folder,
            {program_path("mqtt-sink"), sink_arguments(broker, folder, outputs) + Arguments{"--check"}, {}});
    };
    auto const right = checked("a=" + influxd.write_url() + ",b=" + victoria.write_url());
    CHECK(right.exit_code == 0);
    CHECK_THAT(right.output, contains_text("output a: InfluxDB 1.6"));
    CHECK_THAT(right.output, contains_text("output b: not InfluxDB: it gets numbers and no texts"));
    auto const wrong = checked("a=" + influxd.write_url() + "2,b=http://" + nobody.address() + "/write");
    CHECK(wrong.exit_code == 1);
    CHECK_THAT(wrong.output, contains_text("database not found: \"readings2\""));
    CHECK_THAT(wrong.output, contains_text("Connection refused"));
    CHECK(in_influxd(influxd).empty());
}
