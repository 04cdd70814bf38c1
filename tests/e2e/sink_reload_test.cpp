// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/notify_socket.hpp"
#include "support/standstill.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <csignal>

using namespace test;

namespace {

/// The file of settings, with these filters.
std::string settings(TempFolder const& folder, std::string const& filters) {
    return folder.write("sink.toml", "[sink]\ndatabase = \"" + (folder / "store.db").string() +
                                         "\"\nsubscribe = \"" + filters + "\"\n");
}

std::size_t mentions(std::string const& text, std::string const& words) {
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE(
    "a sink reads its settings anew at a hangup, loses nothing by it, and keeps them if the new are wrong") {
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    MqttProbe probe(broker.port(), {});
    auto const file = settings(folder, "mfm/+");
    Program sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--config", file});
    REQUIRE(eventually([&] { return sink.ready(); }));
    auto const process = sink.process().id();
    Database const database(folder / "store.db");
    auto const stores_new = [&](std::string const& device) {
        return eventually([&] {
            probe.publish("extra/" + device, R"({"ts":1785570000123,"power_w":1.5})");
            return database.count("base = 'extra' AND device = '" + device + "'") > 0;
        });
    };

    NumberedLoad const load;
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = 20'000;
    plan.per_second = 4000;
    plan.message = [&load](std::size_t number) { return load.message(number); };
    Publisher publisher(plan);
    REQUIRE(eventually([&] { return load.stored_count(database) > 500; }));

    (void)settings(folder, "mfm/#/wrong");
    sink.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return mentions(sink.log(), "event=reload_refused") == 1; }));
    CHECK_THAT(sink.log(), contains_text("sink.toml:3"));
    auto const before = load.stored_count(database);
    CHECK(eventually([&] { return load.stored_count(database) > before; }));
    CHECK(mentions(sink.log(), "event=reload\n") == 0);

    (void)settings(folder, "mfm/+,extra/+");
    sink.process().signal(SIGHUP);
    CHECK(stores_new("one"));
    // Hangups that come while one is under way are one more at most, and end nothing.
    for (int i = 0; i < 5; ++i) sink.process().signal(SIGHUP);
    CHECK(stores_new("two"));
    CHECK(sink.running());
    CHECK(sink.process().id() == process);

    REQUIRE(eventually([&] { return publisher.finished(); }));
    publisher.stop();
    CHECK(eventually([&] { return load.missing(database, publisher.acknowledged()).empty(); }));
    CHECK(sink.stop() == 0);
    CHECK(database.count("base = 'mfm' AND field = 'n'") == 20'000);
}

TEST_CASE("a sink reads its settings anew while the broker is away, and can be stopped meanwhile") {
    TempFolder const folder;
    Broker broker(folder);
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--config", settings(folder, "mfm/+")});
    REQUIRE(eventually([&] { return sink.ready(); }));
    broker.stop();
    REQUIRE(eventually([&] { return !sink.ready(); }));
    (void)settings(folder, "mfm/+,extra/+");
    sink.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return mentions(sink.log(), "event=reload") == 1; }));
    REQUIRE(eventually([&] { return sink.get("/healthz").status == 200; }));
    broker.start();
    CHECK(eventually([&] { return sink.ready(); }));
    sink.process().signal(SIGHUP);
    CHECK(sink.stop() == 0);
}

TEST_CASE("a service manager hears how the sink is, and of life only while its loop lives") {
    TempFolder const folder;
    NotifySocket manager(folder / "notify");
    Broker broker(folder);
    Program sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--database", folder / "store.db"},
                 {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "900000"}});
    REQUIRE(manager.hears("READY=1"));
    CHECK(manager.heard().front() == "READY=1");
    CHECK(manager.hears("STATUS=broker connected, inbox working, store working"));
    CHECK(manager.hears("WATCHDOG=1"));

    (void)manager.take();
    sink.process().signal(SIGHUP);
    REQUIRE(manager.hears("RELOADING=1\nMONOTONIC_USEC="));
    REQUIRE(manager.hears("READY=1"));
    CHECK(manager.hears("WATCHDOG=1"));

    // A loop that does not go on: no sign of life, and the healthcheck says so.
    stop_still(sink.process());
    (void)manager.take();
    CHECK(throughout(1200ms, [&] { return manager.take().empty(); }));
    auto const healthcheck =
        run(folder, {program_path("mqtt-sink"), {"--healthcheck", "--http-listen", sink.http_address()}, {}});
    CHECK(healthcheck.exit_code == 1);
    sink.process().signal(SIGCONT);
    CHECK(manager.hears("WATCHDOG=1"));

    broker.stop();
    CHECK(manager.hears("STATUS=broker away: "));
    (void)manager.take();
    CHECK(sink.stop() == 0);
    CHECK(manager.hears("STOPPING=1"));
}
