// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "steady_board.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/notify_socket.hpp"
#include "support/standstill.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

using namespace test;

namespace {

using Json = nlohmann::json;

Json newest(MqttProbe const& probe, std::string const& topic) {
    auto const message = probe.last(topic);
    return message ? Json::parse(message->payload, nullptr, false) : Json();
}

/// Asks until there is an answer with this transaction: a bridge that just came up may not listen yet.
Json ask(MqttProbe& probe, std::string const& verb, Json request) {
    Json answer;
    (void)eventually([&] {
        probe.publish("mfm/bridge/request/" + verb, request.dump());
        return eventually(
            [&] {
                answer = newest(probe, "mfm/bridge/response/" + verb);
                return answer.is_object() && answer["transaction"] == request["transaction"];
            },
            1s);
    });
    return answer;
}

std::size_t mentions(std::string const& text, std::string const& words) {
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("a bridge says what it is and how it is and answers requests with their transaction") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") + quick() +
                       Arguments{"--spool-dir", (folder / "state").string()},
                   {{"MQTT_USERNAME", "somebody"}, {"MQTT_PASSWORD", "canary-7f3a"}});
    REQUIRE(eventually([&] { return bridge.ready(); }));

    REQUIRE(eventually([&] { return probe.last("mfm/bridge/info").has_value(); }));
    auto const info = newest(probe, "mfm/bridge/info");
    CHECK(info["program"] == "mfm2mqtt");
    CHECK(info["protocol"] == "5");
    CHECK(info["settings"]["mfm"]["scrape_interval"].is_number());
    CHECK(info["settings"]["mqtt"]["username"] == "somebody");
    CHECK(info.dump().find("canary") == std::string::npos);

    REQUIRE(eventually([&] { return newest(probe, "mfm/bridge/health").is_object(); }));
    auto const health = newest(probe, "mfm/bridge/health");
    for (auto const* member : {"ts", "uptime_s", "first_seq", "queue", "spool_bytes", "delivered", "dropped"})
        CHECK(health[member].is_number_integer());
    CHECK(health["first_seq"] == 1);

    REQUIRE(eventually([&] { return bridge.metric("mfm2mqtt_readings_delivered_total") > 3; }));
    auto answer = ask(probe, "health", {{"transaction", "a-1"}});
    CHECK(answer["status"] == "ok");
    auto const device = answer["data"]["devices"]["mains"];
    CHECK(device["state"] == "online");
    CHECK(device["readings"] > 3);
    CHECK(device["last_reading"].is_number_integer());
    CHECK_FALSE(device.contains("trouble"));
    answer = ask(probe, "devices", {{"transaction", {{"any", "JSON"}, {"n", 2}}}});
    CHECK(answer["data"]["mains"]["state"] == "online");

    answer = ask(probe, "log_level", {{"transaction", 3}, {"level", "loud"}});
    CHECK(answer["status"] == "error");
    CHECK(answer["error"].get<std::string>().find("error, warn, info, debug") != std::string::npos);
    CHECK(ask(probe, "log_level", {{"transaction", 4}, {"level", "debug"}})["status"] == "ok");

    auto const states = probe.on("mfm/mains/availability").size();
    CHECK(ask(probe, "republish", {{"transaction", 5}})["status"] == "ok");
    CHECK(eventually([&] { return probe.on("mfm/mains/availability").size() > states; }));

    answer = ask(probe, "dance", {{"transaction", 6}});
    CHECK(answer["status"] == "error");
    CHECK(answer["error"].get<std::string>().find("republish") != std::string::npos);
    probe.publish("mfm/bridge/request/health", "[1,2");
    CHECK(eventually([&] { return newest(probe, "mfm/bridge/response/health")["status"] == "error"; }));
    CHECK(bridge.running());
    CHECK(bridge.log().find("canary") == std::string::npos);
}

TEST_CASE("settings are read anew at a hangup, and those of before stay in force if the new are wrong") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    SteadyBoard const board(folder / "board");
    auto const settings = [&](std::string const& interval, std::string const& ports) {
        return folder.write("mfm.toml",
                            "[mfm]\nscrape_interval = " + interval + "\nserial_port = \"" + ports + "\"\n");
    };
    std::string const port = (folder / "board").string();
    auto const file = settings("\"200ms\"", "mains=" + port + ",spare=" + (folder / "none").string());
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) +
                       Arguments{"--config", file.string(), "--spool-dir", (folder / "state").string()});
    REQUIRE(probe.sees("mfm/mains/availability", "online"));
    REQUIRE(probe.sees("mfm/spare/availability", "offline"));
    auto const process = bridge.process().id();

    (void)settings("\"never\"", port);
    bridge.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return mentions(bridge.log(), "event=reload_refused") == 1; }));
    CHECK(bridge.log().find("mfm.toml:2") != std::string::npos);
    CHECK(bridge.ready() == false);  // the spare does not answer
    auto const before = probe.on("mfm/mains").size();
    CHECK(eventually([&] { return probe.on("mfm/mains").size() > before + 3; }));

    (void)settings("\"3s\"", port);
    bridge.process().signal(SIGHUP);
    CHECK(eventually([&] {
        return newest(probe, "mfm/bridge/info")["settings"]["mfm"]["scrape_interval"] == 3 && bridge.ready();
    }));
    CHECK(probe.sees("mfm/spare/availability", "offline"));
    CHECK(bridge.process().id() == process);
    CHECK(bridge.running());
    auto const read = probe.on("mfm/mains").size();
    CHECK(eventually([&] { return probe.on("mfm/mains").size() > read; }));
    // What goes on was never gone.
    for (auto const& message : probe.on("mfm/mains/availability")) CHECK(message.payload == "online");
    CHECK(probe.last("mfm/bridge/state")->payload == "online");
    CHECK(bridge.stop() == 0);
    CHECK(probe.sees("mfm/mains/availability", "offline"));
}

TEST_CASE("a service manager hears of start, reload and stop, and of life only while the loop lives") {
    TempFolder const folder;
    NotifySocket manager(folder / "notify");
    Broker const broker(folder);
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") + quick() +
                       Arguments{"--spool-dir", (folder / "state").string()},
                   {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "900000"}});
    REQUIRE(manager.hears("READY=1"));
    CHECK(manager.heard().front() == "READY=1");
    CHECK(manager.hears("STATUS=broker connected, 1 of 1 devices online"));
    CHECK(manager.hears("WATCHDOG=1"));

    (void)manager.take();
    bridge.process().signal(SIGHUP);
    CHECK(manager.hears("RELOADING=1"));
    CHECK(manager.hears("READY=1"));

    // A loop that does not go on: no sign of life, and the healthcheck says so.
    stop_still(bridge.process());
    (void)manager.take();
    CHECK(throughout(1200ms, [&] { return manager.take().empty(); }));
    auto const healthcheck = run(
        folder, {program_path("mfm2mqtt"), {"--healthcheck", "--http-listen", bridge.http_address()}, {}});
    CHECK(healthcheck.exit_code == 1);
    bridge.process().signal(SIGCONT);
    (void)manager.take();
    CHECK(manager.hears("WATCHDOG=1"));
    (void)manager.take();
    CHECK(bridge.stop() == 0);
    CHECK(manager.hears("STOPPING=1"));
}

TEST_CASE("a stop in any moment of a reload ends the bridge, and it and its device are offline") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") + quick() +
                       Arguments{"--spool-dir", (folder / "state").string()});
    for (auto const wait : {0ms, 1ms, 3ms, 10ms, 20ms, 40ms, 70ms, 110ms, 160ms, 250ms}) {
        CAPTURE(wait.count());
        REQUIRE(eventually([&] { return bridge.ready(); }));
        REQUIRE(probe.sees("mfm/mains/availability", "online"));
        bridge.process().signal(SIGHUP);
        std::this_thread::sleep_for(wait);
        CHECK(bridge.stop() == 0);
        CHECK(probe.sees("mfm/bridge/state", "offline"));
        CHECK(probe.sees("mfm/mains/availability", "offline"));
        bridge.start();
    }
}

TEST_CASE("hangups one upon another end nothing") {
    TempFolder const folder;
    Broker const broker(folder);
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") + quick() +
                       Arguments{"--spool-dir", (folder / "state").string()});
    REQUIRE(eventually([&] { return bridge.ready(); }));
    for (int i = 0; i < 100; ++i) {
        bridge.process().signal(SIGHUP);
        std::this_thread::sleep_for(std::chrono::milliseconds(i % 20));
        REQUIRE(bridge.running());
    }
    CHECK(eventually([&] { return bridge.ready(); }));
    CHECK(bridge.stop() == 0);
}
