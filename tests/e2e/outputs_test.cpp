// SPDX-License-Identifier: MIT
#include "outputs_rig.hpp"

#include "support/broker.hpp"
#include "support/certificates.hpp"
#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/influxd.hpp"
#include "support/publisher.hpp"
#include "support/seed.hpp"
#include "support/victoria_metrics.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace test;

namespace {

/// As another host is given it, with gzip: `127.1` does not look like this one.
std::string as_of_another_host(std::string url) {
    std::string const here = "127.0.0.1";
    return url.replace(url.find(here), here.size(), "127.1");
}

bool database_has_no_refusals(TempFolder const& folder) {
    return Database(folder / "store.db").number("SELECT count(*) FROM set_aside") == 0;
}

}  // namespace

TEST_CASE("two databases hold what SQLite holds while they and the sink are killed and paused at random") {
    constexpr std::size_t per_second = 2000;
    char const* const asked = std::getenv("BRIDGE_OUTPUTS_SECONDS");
    auto const seconds = static_cast<std::size_t>(asked ? std::atol(asked) : 15);
    std::size_t const count = seconds * per_second / 3 * 3;
    auto const chosen = seed(7);
    INFO("seed " << chosen);
    std::mt19937_64 random(chosen);

    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Influxd influxd(folder);
    VictoriaMetrics victoria(folder);
    Program sink(
        folder, "mqtt-sink",
        sink_arguments(broker, folder,
                       "influx=" + influxd.write_url() + ",vm=" + as_of_another_host(victoria.write_url())));
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");
    std::int64_t const first_ts = now_ms() - 100'000'000;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.per_second = per_second;
    plan.message = [first_ts](std::size_t number) { return reading(first_ts, number); };
    Publisher publisher(plan);

    auto const a_while = [&] { std::this_thread::sleep_for(std::chrono::milliseconds(random() % 600)); };
    auto const kill_and_start = [&](auto& program) {
        program.kill();
        a_while();
        program.start();
    };
    auto const pause_and_go_on = [&](auto& server) {
        server.pause();
        a_while();
        server.go_on();
    };
    std::vector<std::function<void()>> const faults = {
        [&] { kill_and_start(influxd); }, [&] { kill_and_start(victoria); }, [&] { kill_and_start(sink); },
        [&] { pause_and_go_on(influxd); }, [&] { pause_and_go_on(victoria); },
        // VictoriaMetrics has what it took a moment ago in memory only; the sink's own end must not hide it.
        [&] {
            victoria.kill();
            kill_and_start(sink);
            victoria.start();
        }};
    std::size_t rounds = 0;
    while (!publisher.finished() || rounds < 2) {
        auto order = faults;
        std::shuffle(order.begin(), order.end(), random);
        for (auto const& fault : order) {
            a_while();
            fault();
        }
        ++rounds;
    }

    auto const stored = [&] { return database.number("SELECT last FROM arrivals").value_or(0); };
    REQUIRE(eventually([&] { return stored() >= static_cast<std::int64_t>(count); }));
    auto const all = in_sqlite(database, Texts::with);
    auto const numbers = in_sqlite(database, Texts::without);
    CHECK(all.size() > numbers.size());
    CHECK(numbers.size() == count / 3 * 4);
    CHECK(eventually([&] { return in_influxd(influxd).size() >= all.size(); }, 40s));
    CHECK(eventually([&] { return in_victoria_metrics(victoria).size() >= numbers.size(); }, 40s));
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
                 sink_arguments(broker, folder,
                                as_of_another_host(influxd.write_url()) + ",wrong=" + without_database));
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
    CHECK_THAT(rows[0][2], contains_text("keeps the field wrong as string and was given float"));
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

TEST_CASE("rows reach a database over TLS, and its loss of a week is told and made up for") {
    constexpr std::size_t count = 5000;
    constexpr std::int64_t week_ms = 7 * 86'400'000LL;
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    Authority const authority(folder);
    // Only without TLS can the test make the database, and ask it.
    { Influxd const maker(folder); }
    Influxd::Plan plan;
    plan.tls = authority.issue("localhost");
    plan.start_now = false;
    Influxd influxd(folder, plan);
    Program sink(folder, "mqtt-sink",
                 sink_arguments(broker, folder,
                                "https://localhost:" + std::to_string(influxd.port()) + "/write?db=readings"),
                 {{"SSL_CERT_FILE", authority.ca_file().string()}});
    REQUIRE(eventually([&] { return sink.ready(); }));
    std::int64_t const first_ts = now_ms() - week_ms;
    publish(broker, count, [first_ts](std::size_t number) {
        auto message = reading(0, number);
        auto const at = message.payload.find("\"ts\":" + std::to_string(number)) + 5;
        auto const ts =
            first_ts + static_cast<std::int64_t>(number) * week_ms / static_cast<std::int64_t>(count);
        message.payload.replace(at, std::to_string(number).size(), std::to_string(ts));
        return message;
    });
    Database const database(folder / "store.db");
    REQUIRE(eventually([&] { return database.number("SELECT last FROM arrivals") == count; }));
    CHECK(sink.ready());
    CHECK(eventually([&] { return lag(sink, "influx") == count; }));
    auto const lag_s = [&] { return sink.metric("mqtt_sink_output_lag_seconds", {{"output", "influx"}}); };
    CHECK(eventually([&] { return lag_s() * 1000 >= week_ms; }));
    CHECK(lag_s() < week_ms / 1000 + 3600);
    influxd.start();
    CHECK(eventually([&] { return lag(sink, "influx") == 0; }, 40s));
    CHECK(lag_s() == 0);
    CHECK(sink.metric("mqtt_sink_output_rows_given_total") >= count);
    auto const all = in_sqlite(database, Texts::with);
    CHECK(sink.stop() == 0);
    influxd.kill();
    Influxd const again(folder);
    CHECK((in_influxd(again) == all));
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
