// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

using namespace test;
using Json = nlohmann::json;

namespace {

constexpr auto* topic = "isems/roof";

/// A solar node that publishes its lines itself, and the bridge that hears it.
struct Roof {
    TempFolder folder;
    Broker broker{folder};
    MqttProbe probe{broker.port(), {"isems/#"}};
    std::int64_t newest =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count() -
        1000;
    Program bridge{folder, "isems2mqtt",
                   broker_at(broker.port()) + Arguments{"--spool-dir", (folder / "state").string()}};

    /// Publishes a line with this status until the bridge has heard it.
    void says(std::string const& status) {
        auto const before = newest + 1;
        REQUIRE(eventually([&] {
            ++newest;
            probe.publish("/isems/roof/csvlog",
                          "roof;1;" + std::to_string(newest) +
                              ";ESP_2.0;3600;0;21.5;17.8;13.1;64;97;21.5;11.9;14.1;17;50;52.5;13.4;" +
                              status);
            return eventually([&] { return heard_since(before); }, 500ms);
        }));
    }

    [[nodiscard]] bool heard_since(std::int64_t epoch) const {
        auto const reading = probe.last(topic);
        return reading && Json::parse(reading->payload)["ts"] >= epoch * 1000;
    }

    /// The events so far, as `kind state`.
    [[nodiscard]] std::vector<std::string> events() const {
        std::vector<std::string> all;
        for (auto const& message : probe.on(std::string(topic) + "/event")) {
            auto const event = Json::parse(message.payload);
            all.push_back(event["kind"].get<std::string>() + " " + event["state"].get<std::string>());
        }
        return all;
    }

    [[nodiscard]] std::vector<std::string> alerts() const {
        std::vector<std::string> kinds;
        auto const newest_alerts = probe.last(std::string(topic) + "/alerts");
        if (!newest_alerts) return {"unknown"};
        for (auto const& alert : Json::parse(newest_alerts->payload)) kinds.push_back(alert["kind"]);
        return kinds;
    }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a node's troubles are events and alerts, each said once over restarts and kills") {
    Roof roof;
    roof.says("900");
    CHECK(eventually([&] { return roof.alerts().empty(); }));
    roof.says("480");
    CHECK(eventually([&] { return roof.events() == Words{"battery_low raised"}; }));
    CHECK(eventually([&] { return roof.alerts() == Words{"battery_low"}; }));
    roof.says("488");
    Words const both = {"battery_low raised", "battery_hot raised"};
    CHECK(eventually([&] { return roof.events() == both; }));

    SECTION("a restart") { CHECK(roof.bridge.stop() == 0); }
    SECTION("a kill") {
        auto const kept = roof.folder / "state/events";
        // What is on its way to the disk or to the broker may be said twice.
        REQUIRE(eventually([&] {
            auto const text = read_file(kept);
            return text.find("battery_hot") != std::string::npos && text.find("payload") == std::string::npos;
        }));
        roof.bridge.kill();
    }
    roof.bridge.start();
    roof.says("488");
    roof.probe.catch_up();
    CHECK(roof.events() == both);
    CHECK(eventually([&] { return roof.alerts() == Words{"battery_hot", "battery_low"}; }));
    roof.says("100");
    CHECK(eventually([&] { return roof.alerts().empty(); }));
    CHECK(eventually([&] { return roof.events().size() == 4; }));
    auto events = roof.events();
    std::sort(events.begin(), events.end());
    CHECK(events ==
          Words{"battery_hot cleared", "battery_hot raised", "battery_low cleared", "battery_low raised"});

    MqttProbe const later(roof.broker.port(), {std::string(topic) + "/#"}, "later");
    REQUIRE(eventually([&] { return later.last(std::string(topic) + "/alerts").has_value(); }));
    CHECK(later.on(std::string(topic) + "/event").empty());
}

TEST_CASE("an event that the broker has not acknowledged is said after a restart of both") {
    TempFolder const folder;
    // A heat pump's history is read without a broker.
    auto const port = folder / "port";
    Process pump(folder, {program_path("devsim"), {"luxtronik", "--port-file", port.string()}});
    REQUIRE(eventually([&] { return read_file(port).ends_with('\n'); }));
    auto const address = "127.0.0.1:" + std::to_string(std::stoi(read_file(port)));
    Broker broker(folder);
    MqttProbe const probe(broker.port(), {"luxtronik/+/event"});
    broker.stop();
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + Arguments{"--host", address, "--interval", "1s", "--spool-dir",
                                                        (folder / "state").string()});
    REQUIRE(
        eventually([&] { return read_file(folder / "state/events").find("payload") != std::string::npos; }));
    bridge.kill();
    // So that the events can come from what was kept only.
    pump.kill();
    bridge.start();
    broker.start();
    auto const events = [&] { return probe.messages(); };
    REQUIRE(eventually([&] { return events().size() >= 7; }));
    REQUIRE(
        eventually([&] { return read_file(folder / "state/events").find("payload") == std::string::npos; }));
    std::vector<std::int64_t> times;
    std::set<std::string> ids;
    for (auto const& message : events()) {
        auto const event = Json::parse(message.payload);
        times.push_back(event["ts"]);
        ids.insert(event["id"]);
    }
    CHECK(ids.size() == 7);
    CHECK(ids.size() == times.size());
    CHECK(std::is_sorted(times.begin(), times.end()));
}

TEST_CASE("two bridges under one topic are told of each other, each once") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"isems/#"});
    auto const with_id = [&](std::string const& id) {
        return broker_at(broker.port()) +
               Arguments{"--mqtt-client-id", id, "--spool-dir", (folder / id).string()};
    };
    Program first(folder, "isems2mqtt", with_id("first"));
    REQUIRE(probe.sees("isems/bridge/state", "online"));
    Program second(folder, "isems2mqtt", with_id("second"));
    auto const said = [](Program const& bridge) {
        auto const log = bridge.log();
        std::size_t count = 0;
        for (auto at = log.find("event=another_instance"); at != std::string::npos;
             at = log.find("event=another_instance", at + 1))
            ++count;
        return count;
    };
    CHECK(eventually([&] { return said(first) == 1 && said(second) == 1; }));
    CHECK(second.stop() == 0);
    CHECK(said(first) == 1);
}

TEST_CASE("a message that is too long to be heard is counted, and the next is heard") {
    Roof roof;
    roof.says("900");
    roof.probe.publish("/isems/roof/csvlog", std::string(std::size_t{257} * 1024, 'x'));
    roof.says("100");
    CHECK(eventually([&] { return roof.bridge.metric("isems2mqtt_messages_unheard_total") == 1; }));
    roof.probe.publish("isems/bridge/request/health", "{}");
    CHECK(eventually([&] {
        auto const answer = roof.probe.last("isems/bridge/response/health");
        return answer && Json::parse(answer->payload)["data"]["unheard"] == 1;
    }));
}
