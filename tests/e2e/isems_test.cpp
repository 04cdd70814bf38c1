// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

using namespace test;
using Json = nlohmann::json;

namespace {

constexpr auto period = 4s;
// One node after the other, the silent and the trickling ones alone would take three periods.
constexpr auto slack = 6s;

/// A crowd of simulated nodes, with a new line every second.
struct Crowd {
    Process process;
    std::string addresses;

    Crowd(TempFolder const& folder, Arguments const& arguments)
        : process(folder,
                  {program_path("devsim"), Arguments{"isems", "--speed", "60", "--seed", "4"} + arguments}) {
        REQUIRE(eventually([this] { return process.output().ends_with('\n'); }));
        addresses = process.output();
        addresses.pop_back();
    }
};

Arguments nodes_of(Crowd const& crowd) {
    return {"--router-ips", crowd.addresses, "--interval", std::to_string(period.count()) + "s"};
}

bool is_reading(Message const& message) {
    return std::count(message.topic.begin(), message.topic.end(), '/') == 1;
}

/// The nodes' own names, by their topics, of all readings.
std::map<std::string, std::string> names(std::vector<Message> const& messages) {
    std::map<std::string, std::string> found;
    for (auto const& message : messages) {
        if (!is_reading(message)) continue;
        auto const reading = Json::parse(message.payload, nullptr, false);
        REQUIRE(reading.is_object());
        found[message.topic] = reading.value("name", "");
    }
    return found;
}

}  // namespace

TEST_CASE("of twenty nodes the ten good ones refresh within each period whatever the others do") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"isems/#"});
    Crowd const crowd(folder,
                      {"--nodes", "20", "--fault",
                       "1-3:dead@0+1d;4-5:silent@0+1d;6-7:denied@0+1d;8-9:html@0+1d;10:trickle@0+1d"});
    Program bridge(folder, "isems2mqtt", broker_at(broker.port()) + nodes_of(crowd));
    // Four of each, so that there are gaps between them to look at.
    REQUIRE(eventually([&] {
        auto const seen = names(probe.messages());
        return seen.size() == 10 && std::all_of(seen.begin(), seen.end(), [&](auto const& node) {
                   return probe.on(node.first).size() >= 4;
               });
    }));

    auto const messages = probe.messages();
    auto const all = names(messages);
    CHECK(all.size() == 10);
    auto const last = std::max_element(messages.begin(), messages.end(), [](auto const& a, auto const& b) {
                          return a.received < b.received;
                      })->received;
    for (auto const& [topic, name] : all) {
        INFO(topic << " is " << name);
        // The first ten are not among them.
        CHECK(std::stoi(name.substr(name.rfind('-') + 1)) > 10);
        CHECK(probe.sees(topic + "/availability", "online"));
        auto const readings = probe.on(topic);
        for (std::size_t i = 0; i < readings.size(); ++i) {
            auto const next = i + 1 < readings.size() ? readings[i + 1].received : last;
            CHECK(next - readings[i].received <= period + slack);
        }
    }
    // Nothing else has a topic: no router that is dead, refuses or answers with a web page.
    for (auto const& message : messages) {
        auto const second = message.topic.find('/', std::string("isems/").size());
        auto const device = message.topic.substr(0, second);
        INFO(message.topic);
        CHECK((device == "isems/bridge" || all.contains(device)));
    }
    CHECK(bridge.ready());

    CHECK(bridge.stop() == 0);
    for (auto const& [topic, name] : all) CHECK(probe.sees(topic + "/availability", "offline"));
}

TEST_CASE("a node's line is published once and what is older than its newest goes to history") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"isems/#"});
    Crowd const crowd(folder, {"--nodes", "1", "--generation", "router", "--history", "500"});
    // The same node by two ways.
    auto const address = crowd.addresses.substr(crowd.addresses.find('=') + 1);
    Program bridge(folder, "isems2mqtt",
                   broker_at(broker.port()) +
                       Arguments{"--router-ips", address + ",again=" + address, "--interval", "1s"});
    constexpr std::size_t enough = 505;
    std::vector<std::int64_t> times;
    CHECK(eventually([&] {
        times.clear();
        std::int64_t newest = 0;
        for (auto const& message : probe.messages()) {
            bool const history = message.topic.ends_with("/history");
            if (!history && !is_reading(message)) continue;
            auto const time = Json::parse(message.payload, nullptr, false).value("ts", std::int64_t{0});
            times.push_back(time);
            if (history) continue;
            // The node's topic never goes back.
            REQUIRE(time > newest);
            newest = time;
        }
        return times.size() >= enough;
    }));
    CHECK(std::set<std::int64_t>(times.begin(), times.end()).size() == times.size());
}

TEST_CASE("what a node publishes itself is read, and once with what it answers") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"isems/#"});
    Program bridge(folder, "isems2mqtt", broker_at(broker.port()));
    REQUIRE(probe.sees("isems/bridge/state", "online"));
    auto const now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    auto const line = [&](std::int64_t age) {
        return "roof/east;1;" + std::to_string(now - age) +
               ";ESP_2.0;3600;0;21.5;17.8;13.1;64;97;21.5;11.9;14.1;17;50;52.5;13.4;900";
    };
    // It may not have subscribed yet.
    REQUIRE(eventually([&] {
        probe.publish("/isems/roof east/csvlog", line(30) + "\n" + line(15));
        return names(probe.messages()).size() == 1;
    }));
    probe.publish("/isems/roof east/csvlog", "<html>");
    probe.publish("/isems/roof east/csvlog", line(15) + "\n" + line(0));
    std::string const topic = "isems/roof_east-161243ed";
    CHECK(eventually([&] { return probe.on(topic).size() == 2; }));
    // What is older goes after what is newer.
    CHECK(eventually([&] { return probe.on(topic + "/history").size() == 1; }));
    probe.catch_up();
    CHECK(probe.on(topic).size() == 2);
    CHECK(probe.sees(topic + "/availability", "online"));
    CHECK(names(probe.messages()).at(topic) == "roof/east");
    CHECK(bridge.metric("isems2mqtt_rejected_messages_total") == 1);
    // A line without a status ends with its position: nothing of a message is cut, so that is whole.
    auto const without_status = "roof-west" + line(0).substr(9, line(0).rfind(';') - 9);
    probe.publish("/isems/roof-west/csvlog", without_status);
    CHECK(eventually([&] {
        auto const seen = probe.on("isems/roof-west");
        return !seen.empty() && seen.back().payload.find(R"("longitude_deg":13.4)") != std::string::npos;
    }));
    CHECK(eventually([&] { return bridge.ready(); }));
    CHECK(bridge.stop() == 0);
    CHECK(probe.sees(topic + "/availability", "offline"));
}
