// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"
#include "steady_board.hpp"

#include "support/eventually.hpp"
#include "support/scripted_broker.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace test;

namespace {

using Refusal = ScriptedBroker::Refusal;

/// What the program said when it connected as MQTT 3.1.1; the first attempt must have been MQTT 5.
ConnectRequest fallback(ScriptedBroker const& broker) {
    bool const fell_back = eventually([&] {
        auto const all = broker.connects();
        return !all.empty() && all.back().protocol_level == 4;
    });
    REQUIRE(fell_back);
    CHECK(broker.connects().front().protocol_level == 5);
    return broker.connects().back();
}

}  // namespace

TEST_CASE("a bridge speaks MQTT 3.1.1 to a broker that refuses MQTT 5") {
    auto const refusal = GENERATE(Refusal::old_connack, Refusal::new_connack);
    INFO("refusal " << static_cast<int>(refusal));
    TempFolder const folder;
    ScriptedBroker const broker(refusal);
    SerialLine line(folder / "board");
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") + quick() +
                       Arguments{"--mqtt-username", "somebody", "--mqtt-client-id", "cellar"},
                   {{"MQTT_PASSWORD", "secret"}});
    auto const connect = fallback(broker);
    CHECK(connect.client_id == "cellar-mfm2mqtt");
    CHECK(connect.user == "somebody");
    CHECK(connect.password == "secret");
    CHECK(connect.will_topic == "mfm/bridge/state");
    CHECK(connect.will_payload == "offline");
    CHECK(connect.will_retained);
    CHECK(connect.will_qos == 1);

    REQUIRE(line.opened());
    auto const published = [&](std::string const& topic) {
        auto const all = broker.published();
        return std::any_of(all.begin(), all.end(),
                           [&](Message const& message) { return message.topic == topic; });
    };
    CHECK(eventually([&] {
        line.write(mains_line(1, 50'000));
        return published("mfm/mains") && published("mfm/bridge/state") && published("mfm/mains/availability");
    }));
    CHECK(bridge.stop() == 0);
    CHECK(eventually([&] {
        auto const all = broker.published();
        return std::any_of(all.begin(), all.end(), [](Message const& message) {
            return message.topic == "mfm/bridge/state" && message.payload == "offline" && message.retained;
        });
    }));
}

TEST_CASE("a sink speaks MQTT 3.1.1 to a broker that refuses MQTT 5 and asks for what it stores") {
    auto const refusal = GENERATE(Refusal::old_connack, Refusal::new_connack);
    TempFolder const folder;
    ScriptedBroker const broker(refusal);
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "store.db"});
    auto const connect = fallback(broker);
    CHECK(connect.client_id == "mqtt-sink");
    CHECK_FALSE(connect.clean);
    CHECK(eventually([&] { return sink.ready(); }));
    auto const filters = broker.subscribed();
    for (auto const* filter : {"mfm/+", "mfm/+/+", "mfm/+/history/+"}) {
        INFO(filter);
        CHECK(std::count(filters.begin(), filters.end(), filter) >= 1);
    }
    CHECK(sink.stop() == 0);
}

TEST_CASE("a broker that refuses a bridge's subscriptions is told in the log, and publishing goes on") {
    TempFolder const folder;
    ScriptedBroker const broker(Refusal::old_connack, ScriptedBroker::Subscriptions::refused);
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(eventually([&] { return bridge.ready(); }));
    CHECK(eventually([&] { return !broker.subscribed().empty(); }));
    auto const readings = [&] {
        auto const all = broker.published();
        return std::count_if(all.begin(), all.end(),
                             [](Message const& message) { return message.topic == "mfm/mains"; });
    };
    auto const before = readings();
    CHECK(eventually([&] { return readings() > before + 10; }));
    CHECK(eventually([&] { return bridge.metric("mfm2mqtt_readings_delivered_total") > 10; }));
    auto const log = bridge.log();
    INFO(log);
    auto const said = log.find("level=warn at=mqtt event=deaf");
    REQUIRE(said != std::string::npos);
    CHECK(log.find("event=deaf", said + 30) == std::string::npos);
    CHECK(log.find("event=disconnected") == std::string::npos);
    CHECK(bridge.stop() == 0);
}

TEST_CASE("a broker that speaks MQTT 5 gets MQTT 5 unless told otherwise") {
    TempFolder const folder;
    Broker const broker(folder);
    {
        Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board"));
        CHECK(eventually([&] { return broker.let_in("mfm2mqtt"); }));
        CHECK(broker.log().find("mfm2mqtt (p5") != std::string::npos);
        CHECK(bridge.stop() == 0);
    }
    Program bridge(
        folder, "mfm2mqtt",
        broker_at(broker.port()) + serial_port(folder / "board") + Arguments{"--mqtt-version", "3.1.1"});
    CHECK(eventually([&] { return broker.log().find("mfm2mqtt (p2") != std::string::npos; }));
    CHECK(bridge.stop() == 0);
}
