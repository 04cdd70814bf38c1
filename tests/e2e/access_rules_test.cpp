// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "steady_board.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace test;

namespace {

Variables const somebody = {{"MQTT_USERNAME", "house"}, {"MQTT_PASSWORD", "correct-horse"}};

Broker::Plan house_rules(std::string const& rules) {
    Broker::Plan plan;
    plan.user = somebody.at("MQTT_USERNAME");
    plan.password = somebody.at("MQTT_PASSWORD");
    plan.access_rules = rules;
    return plan;
}

std::string const all_of_it = "user house\ntopic readwrite mfm/#\ntopic readwrite homeassistant/#\n";

std::size_t stored(Database const& database) {
    return database.samples("field = 'seq' AND channel = ''").size();
}

}  // namespace

TEST_CASE("a bridge and a sink need no more of the broker than their own topics") {
    TempFolder const folder;
    Broker const broker(folder, house_rules(all_of_it));
    SteadyBoard const board(folder / "board");
    Program sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--database", folder / "store.db"},
                 somebody);
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick(),
                   somebody);
    Database const database(folder / "store.db");
    CHECK(eventually([&] { return sink.ready() && stored(database) > 3; }));
    CHECK(bridge.log().find("event=refused") == std::string::npos);
    CHECK(bridge.log().find("event=deaf") == std::string::npos);
}

TEST_CASE("a broker that does not take readings is told of once, and gets them all when its rules allow it") {
    TempFolder const folder;
    Broker broker(folder,
                  house_rules("user house\ntopic readwrite mfm/bridge/#\ntopic readwrite mfm/+/availability\n"
                              "topic read mfm/#\ntopic readwrite homeassistant/#\n"));
    SteadyBoard const board(folder / "board");
    Program sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--database", folder / "store.db"},
                 somebody);
    REQUIRE(eventually([&] { return sink.ready(); }));
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick(),
                   somebody);
    auto const refusals = [&] {
        auto const log = bridge.log();
        std::size_t count = 0;
        for (auto at = log.find("event=refused topic=mfm/mains "); at != std::string::npos;
             at = log.find("event=refused topic=mfm/mains ", at + 1))
            ++count;
        return count;
    };
    REQUIRE(eventually([&] { return refusals() == 1 && bridge.metric("mfm2mqtt_queue_readings") > 20; }));
    CHECK(bridge.metric("mfm2mqtt_readings_delivered_total") == 0);
    CHECK(refusals() == 1);

    broker.set_access_rules(all_of_it);
    Database const database(folder / "store.db");
    REQUIRE(eventually([&] { return bridge.metric("mfm2mqtt_queue_readings") < 3; }, 40s));
    auto const numbers = [&] {
        std::vector<std::int64_t> all;
        for (auto const& sample : database.samples("field = 'seq' AND channel = ''"))
            all.push_back(static_cast<std::int64_t>(*sample.value));
        std::sort(all.begin(), all.end());
        return all;
    };
    CHECK(eventually([&] {
        auto const all = numbers();
        return all.size() > 20 && all.front() == 1 && all.back() == static_cast<std::int64_t>(all.size());
    }));
    CHECK(bridge.metric("mfm2mqtt_readings_dropped_total") == 0);
}
