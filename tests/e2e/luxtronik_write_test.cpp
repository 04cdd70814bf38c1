// SPDX-License-Identifier: MIT
// Settings of a simulated heat pump, changed over a real broker.
#include "controller.hpp"
#include "outputs_rig.hpp"
#include "program.hpp"

#include "support/discovery_validator.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

std::string const discovery = "homeassistant/device/luxtronik_heatpump/config";

/// A heat pump that is read every second, and somebody who asks it for settings.
struct House {
    struct Plan {
        std::string write = "";  ///< what may be set
        std::string interval = "1s";
        std::string connection = "short";
        std::string fault = "";  ///< of the controller, from its start
        std::string firmware = "V3.88.0";
    };

    explicit House(Plan const& plan)
        : controller(folder, "controller", {"--firmware", plan.firmware}, plan.fault),
          bridge(folder, "luxtronik2mqtt",
                 broker_at(broker.port()) + Arguments{"--host", controller.address(), "--interval",
                                                      plan.interval, "--connection", plan.connection,
                                                      "--write", plan.write}) {
        REQUIRE(probe.sees("luxtronik/heatpump/availability", "online"));
        REQUIRE(eventually([&] { return bridge.ready(); }));
    }

    /// Asks for it and waits for the answer.
    Json ask(std::string const& name, std::string const& value, std::string const& device = "heatpump") {
        auto const transaction = "t" + std::to_string(++asked_);
        Json const request = {{"value", value}, {"transaction", transaction}};
        probe.publish("luxtronik/" + device + "/set/" + name, request.dump());
        std::optional<Json> answer;
        REQUIRE(eventually([&] {
            auto const found = answers(device);
            for (auto const& one : found) {
                if (one.value("transaction", Json()) == transaction) answer = one;
            }
            return answer.has_value();
        }));
        return *answer;
    }

    [[nodiscard]] std::vector<Json> answers(std::string const& device = "heatpump") const {
        std::vector<Json> all;
        for (auto const& message : probe.on("luxtronik/" + device + "/set_result"))
            all.push_back(Json::parse(message.payload, nullptr, false));
        return all;
    }

    /// What the newest settings say.
    [[nodiscard]] Json shown(char const* name) const {
        auto const message = probe.last("luxtronik/heatpump/parameters");
        return message ? Json::parse(message->payload, nullptr, false).value(name, Json()) : Json();
    }

    [[nodiscard]] std::size_t readings() const { return probe.on("luxtronik/heatpump").size(); }
    void wait_for_readings(std::size_t more) const {
        auto const before = readings();
        REQUIRE(eventually([&] { return readings() >= before + more; }));
    }

    TempFolder folder;
    Broker broker{folder};
    MqttProbe probe{broker.port(), {"#"}};
    Controller controller;
    Program bridge;

  private:
    int asked_ = 0;
};

/// The platforms of a device's entities, by their keys.
std::map<std::string, std::string> platforms(std::string const& config) {
    std::map<std::string, std::string> found;
    auto const json = Json::parse(config, nullptr, false);
    for (auto const& [key, entity] : json["components"].items()) found[key] = entity["p"];
    return found;
}

}  // namespace

TEST_CASE("a setting is changed where that is allowed, answered with its transaction, and shown at once") {
    // Read rarely: what is shown is shown because of the write.
    House house({.write = "dhw_setpoint,heating_mode,dhw_reheating", .interval = "1h"});
    REQUIRE(eventually([&] { return house.shown("dhw_setpoint_c") == 50.0; }));
    auto set = house.ask("dhw_setpoint", "48.5");
    CHECK(set["state"] == "done");
    CHECK(set["value"] == 48.5);
    CHECK(set["name"] == "dhw_setpoint");
    CHECK(eventually([&] { return house.shown("dhw_setpoint_c") == 48.5; }));
    // The house does it, too.
    CHECK(eventually([&] {
        auto const reading = house.probe.last("luxtronik/heatpump");
        return Json::parse(reading->payload, nullptr, false).value("dhw_target_temperature_c", 0.0) == 48.5;
    }));
    CHECK(house.ask("heating_mode", "party")["value"] == "Party");
    CHECK(eventually([&] { return house.shown("heating_mode_text") == "Party"; }));
    CHECK(house.ask("heating_mode", "Party")["state"] == "unchanged");
    CHECK(house.ask("dhw_reheating", "on")["value"] == 1);
    CHECK(house.ask("dhw_setpoint", "49")["state"] == "refused");
    CHECK(house.ask("dhw_setpoint", "66")["state"] == "refused");
    CHECK(
        house.ask("dhw_mode", "Off")["text"] ==
        "there is nothing of this name that may be set; there is dhw_reheating, dhw_setpoint, heating_mode");
    CHECK(house.ask("dhw_setpoint", "45", "barn")["text"] == "there is no device of this name");
    CHECK(house.bridge.metric("luxtronik2mqtt_set_requests_total", {{"state", "done"}}) == 3);
    for (auto const& message : house.probe.on("luxtronik/heatpump/set_result")) CHECK(message.qos == 1);
    // Counted over a restart.
    CHECK(house.bridge.stop() == 0);
    house.bridge.start();
    REQUIRE(eventually([&] { return house.bridge.ready(); }));
    CHECK(house.ask("dhw_reheating", "off")["state"] == "refused");
    CHECK(house.controller.stop().writes == 3);
}

TEST_CASE("Home Assistant is given what may be set, and loses it when it may not be set any more") {
    House house({.write = "dhw_setpoint,heating_mode,dhw_reheating"});
    auto const wait_for = [&](std::string const& key, std::string const& platform) {
        REQUIRE(eventually([&] {
            auto const message = house.probe.last(discovery);
            return message && platforms(message->payload)[key] == platform;
        }));
        return house.probe.last(discovery)->payload;
    };
    auto const config = wait_for("parameters_dhw_setpoint_c", "number");
    DiscoveryValidator validator({.retained = {"luxtronik/heatpump/parameters"}});
    CHECK(validator.judge(discovery, config) == std::vector<std::string>{});
    auto found = platforms(config);
    CHECK(found["parameters_heating_mode_text"] == "select");
    CHECK(found["parameters_dhw_reheating"] == "switch");
    CHECK(found["parameters_dhw_mode_text"] == "sensor");
    // It asks as Home Assistant would.
    auto const entity = Json::parse(config)["components"]["parameters_dhw_setpoint_c"];
    house.probe.publish(entity["cmd_t"], "47.5");
    CHECK(eventually([&] { return house.shown("dhw_setpoint_c") == 47.5; }));

    CHECK(house.bridge.stop() == 0);
    Program const reading(
        house.folder, "luxtronik2mqtt",
        broker_at(house.broker.port()) + Arguments{"--host", house.controller.address(), "--interval", "1s"});
    wait_for("parameters_dhw_setpoint_c", "sensor");
    for (auto const& [key, platform] : platforms(house.probe.last(discovery)->payload))
        CHECK((platform == "sensor" || platform == "binary_sensor"));
    bool removed = false;
    for (auto const& message : house.probe.on(discovery)) {
        auto const json = Json::parse(message.payload);
        removed =
            removed || json["components"]["parameters_dhw_setpoint_c"] == Json::parse(R"({"p":"number"})");
    }
    CHECK(removed);
}

TEST_CASE("a bridge that may change nothing hears no request") {
    House house(House::Plan{});
    house.probe.publish("luxtronik/heatpump/set/dhw_setpoint", "48.5");
    house.wait_for_readings(2);
    house.probe.catch_up();
    CHECK(house.answers().empty());
    CHECK(house.controller.stop().writes == 0);
}

TEST_CASE("what is kept by the broker, or was asked while nobody was there, is not carried out") {
    House house({.write = "dhw_setpoint,heating_mode"});
    CHECK(house.bridge.stop() == 0);
    house.probe.publish("luxtronik/heatpump/set/dhw_setpoint", "48.5");
    house.probe.publish("luxtronik/heatpump/set/heating_mode", "Off", true);
    house.bridge.start();
    REQUIRE(eventually([&] { return house.answers().size() == 1; }));
    house.wait_for_readings(2);
    house.probe.catch_up();
    auto const answers = house.answers();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0]["name"] == "heating_mode");
    // Not because the heat pump is not there yet.
    CHECK(answers[0].value("text", "").starts_with("a request that the broker keeps"));
    CHECK(answers[0]["state"] == "refused");
    CHECK(house.controller.stop().writes == 0);
}

TEST_CASE("a heat pump that is away is asked for nothing, and every request is answered") {
    House house({.write = "dhw_setpoint"});
    house.controller.turn_on("reset=0");
    REQUIRE(house.probe.sees("luxtronik/heatpump/availability", "offline"));
    auto answer = house.ask("dhw_setpoint", "48.5");
    CHECK(answer["state"] == "refused");
    CHECK(answer["text"] == "the device does not answer now; nothing was asked of it");
    house.controller.turn_off();
    REQUIRE(house.probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(house.controller.stop().writes == 0);
}

TEST_CASE("of a flood of requests each is answered once, few wait, and the readings go on") {
    // A write that is not seen keeps the bridge busy until it is given up.
    House house({.write = "dhw_setpoint,heating_mode", .fault = "late=3600000"});
    auto const transaction = [](std::size_t number) { return "f" + std::to_string(number); };
    std::set<std::string> unanswered;
    for (std::size_t i = 0; i < 100; ++i) unanswered.insert(transaction(i));
    // Without waiting for each to be acknowledged: they are there before the first is given up.
    publish(house.broker, 100, [&](std::size_t number) {
        Json const request = {{"value", number % 2 == 0 ? "Off" : "Party"},
                              {"transaction", transaction(number)}};
        return Publisher::Text{"luxtronik/heatpump/set/heating_mode", request.dump()};
    });
    REQUIRE(eventually([&] { return house.answers().size() >= 100; }));
    house.wait_for_readings(2);
    house.probe.catch_up();
    auto const answers = house.answers();
    CHECK(answers.size() == 100);
    std::size_t turned_away = 0;
    for (auto const& answer : answers) {
        CHECK(unanswered.erase(answer["transaction"]) == 1);
        if (answer.value("text", "") == "10 requests to this device wait already") ++turned_away;
    }
    CHECK(unanswered.empty());
    CHECK(turned_away >= 1);
    CHECK(house.bridge.metric("luxtronik2mqtt_set_requests_total", {{"state", "refused"}}) ==
          static_cast<double>(std::count_if(answers.begin(), answers.end(), [](Json const& one) {
              return one.value("state", "") == "refused";
          })));
    // One in a minute, whatever is asked.
    CHECK(house.controller.stop().writes == 1);
}

TEST_CASE("a stop tells of each request what is true: whether it was written") {
    // It obeys without a word, so the bridge waits for the acknowledgement, and the next request for that.
    House house({.write = "dhw_setpoint,heating_mode", .interval = "1h", .fault = "ack=none"});
    house.probe.publish("luxtronik/heatpump/set/dhw_setpoint", "48.5");
    house.probe.publish("luxtronik/heatpump/set/heating_mode", "Party");
    // Heard after them, and answered at once.
    CHECK(house.ask("dhw_setpoint", "66")["state"] == "refused");
    REQUIRE(eventually([&] { return house.controller.was_written(); }));
    CHECK(house.bridge.stop() == 0);
    REQUIRE(eventually([&] { return house.answers().size() == 3; }));
    std::map<std::string, Json> last;
    for (auto const& answer : house.answers()) {
        if (!answer.contains("transaction")) last[answer["name"]] = answer;
    }
    CHECK(last["dhw_setpoint"]["state"] == "unknown");
    CHECK(last["heating_mode"]["state"] == "refused");
    CHECK(last["heating_mode"].value("text", "").find("nothing was written") != std::string::npos);
    CHECK(house.controller.stop().writes == 1);
}

TEST_CASE("a controller that acknowledges and ignores is answered as such, and is read on") {
    House house({.write = "dhw_setpoint", .fault = "ignore"});
    auto answer = house.ask("dhw_setpoint", "48.5");
    CHECK(answer["state"] == "failed");
    CHECK(answer["value"] == 50.0);
    house.wait_for_readings(2);
    CHECK(house.shown("dhw_setpoint_c") == 50.0);
    CHECK(house.controller.stop().writes == 1);
}

TEST_CASE("what a controller made of a write that it acknowledged wrongly is shown when it is read again") {
    House house({.write = "dhw_setpoint", .fault = "ack=wrong"});
    auto answer = house.ask("dhw_setpoint", "48.5");
    CHECK(answer["state"] == "unknown");
    CHECK_FALSE(answer.contains("value"));
    CHECK(eventually([&] { return house.shown("dhw_setpoint_c") == 48.5; }));
    REQUIRE(house.probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(house.ask("dhw_setpoint", "48.5")["state"] == "unchanged");
    CHECK(house.controller.stop().writes == 1);
}

TEST_CASE("firmware that restarts on every write is never written to") {
    House house({.write = "dhw_setpoint", .firmware = "V2.90.0"});
    auto answer = house.ask("dhw_setpoint", "48.5");
    CHECK(answer["state"] == "refused");
    CHECK(answer["text"] == "this firmware restarts the controller on every write");
    house.wait_for_readings(2);
    CHECK(house.controller.stop().writes == 0);
}

TEST_CASE("a controller that serves one client is read and written to by both kinds of connection") {
    auto const connection = GENERATE("short", "persistent");
    INFO(connection);
    House house({.write = "dhw_setpoint", .connection = connection, .fault = "single"});
    house.wait_for_readings(3);
    CHECK(house.ask("dhw_setpoint", "48.5")["state"] == "done");
    house.wait_for_readings(2);
    Program const second(house.folder, "luxtronik2mqtt",
                         broker_at(house.broker.port()) +
                             Arguments{"--host", "second=" + house.controller.address(), "--interval", "1s",
                                       "--topic", "other", "--mqtt-client-id", "second", "--spool-dir",
                                       (house.folder / "second").string()});
    if (connection == std::string("short")) {
        // There is room between two readings.
        CHECK(house.probe.sees("other/second/availability", "online"));
    } else {
        CHECK(house.probe.sees("other/second/availability", "offline"));
        house.wait_for_readings(2);
        CHECK_FALSE(house.probe.last("other/second"));
        // Its connection was kept all the time.
        CHECK(house.probe.on("luxtronik/heatpump/availability").size() == 1);
    }
}

TEST_CASE("a list of settings that names what cannot be set is refused at the start") {
    TempFolder const folder;
    for (auto const* list : {"access_level", "dhw_setpoint,107", "everything"}) {
        auto const done = run(folder,
                              {program_path("luxtronik2mqtt"),
                               Arguments{"--host", "127.0.0.1:1", "--write", list, "--check-config"}},
                              30s);
        CHECK(done.exit_code == 2);
        CHECK(done.errors.find("cannot be set; each name must be one of") != std::string::npos);
    }
}
