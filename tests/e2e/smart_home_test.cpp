// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/fault_switch.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

/// A simulated controller with both interfaces.
class Controller {
  public:
    Controller(TempFolder const& folder, std::string const& name, Arguments const& more = {})
        : faults_(folder, name + ".faults"),
          port_file_(folder / (name + ".port")),
          modbus_port_file_(folder / (name + ".modbus_port")),
          process_(folder,
                   {program_path("devsim"),
                    Arguments{"luxtronik", "--port-file", port_file_.string(), "--modbus-port-file",
                              modbus_port_file_.string(), "--firmware", "V3.92.1", "--clock", "1768435200"} +
                        more + faults_.arguments()}) {
        REQUIRE(eventually([&] { return !read_file(port_file_).empty(); }));
    }

    [[nodiscard]] std::string port() const { return std::to_string(std::stoi(read_file(port_file_))); }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + port(); }
    [[nodiscard]] std::uint16_t modbus_port() const {
        return static_cast<std::uint16_t>(std::stoi(read_file(modbus_port_file_)));
    }

    void turn_on(std::string const& fault) const { faults_.turn_on(process_, fault); }
    void turn_off() const { faults_.turn_off(process_); }

    /// True once the faults that were turned on, the first ones, are in force.
    [[nodiscard]] bool has_taken_faults() const {
        return process_.errors().find("at=faults event=in_force") != std::string::npos;
    }
    /// The holding was once changed so: `by` is `write` or `lapse`.
    [[nodiscard]] bool told(int index, int value, std::string const& by) const {
        return process_.errors().find("event=holding index=" + std::to_string(index) +
                                      " value=" + std::to_string(value) + " by=" + by) != std::string::npos;
    }
    [[nodiscard]] bool refused_a_write() const {
        return process_.errors().find("event=write_refused") != std::string::npos;
    }

  private:
    FaultSwitch faults_;
    std::filesystem::path port_file_, modbus_port_file_;
    Process process_;
};

Arguments smart_home(Controller const& controller) {
    return {"--host",
            controller.address(),
            "--interval",
            "1s",
            "--smart-home",
            "--smart-home-port",
            std::to_string(controller.modbus_port())};
}

Arguments allowed() {
    return {"--write",
            "heating_override_mode,heating_override_setpoint,heating_override_offset,heating_lock,"
            "power_limit_override,power_limit_override_mode"};
}

Json parsed(std::optional<Message> const& message) {
    return message ? Json::parse(message->payload, nullptr, false) : Json();
}

constexpr auto smart_home_topic = "luxtronik/heatpump/smart_home";

/// Asks for one thing; the answer.
Json set(MqttProbe& probe, std::string const& name, std::string const& value) {
    auto const answers = probe.on("luxtronik/heatpump/set_result").size();
    probe.publish("luxtronik/heatpump/set/" + name, value);
    REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump/set_result").size() > answers; }));
    return parsed(probe.last("luxtronik/heatpump/set_result"));
}

/// True as soon as a reading says so.
bool shows(MqttProbe const& probe, std::string const& name, Json const& value) {
    return eventually([&] {
        auto const reading = parsed(probe.last(smart_home_topic));
        return reading.is_object() && reading.contains(name) && reading[name] == value;
    });
}

/// What `bridge/health` says of the interface now.
Json health(MqttProbe& probe) {
    constexpr auto answers = "luxtronik/bridge/response/health";
    auto const before = probe.on(answers).size();
    probe.publish("luxtronik/bridge/request/health", "");
    REQUIRE(eventually([&] { return probe.on(answers).size() > before; }));
    return parsed(probe.last(answers))["data"]["devices"]["heatpump"]["parts"]["smart_home"];
}

bool is_up(Program const& bridge, std::string const& device = "heatpump") {
    return bridge.metric("luxtronik2mqtt_smart_home_up", {{"device", device}}) == 1;
}

}  // namespace

TEST_CASE("the Smart Home Interface is read beside the other one, around what is missing") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#", "homeassistant/#"});
    Controller const controller(folder, "controller");
    controller.turn_on("modbus_hole=106");
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + smart_home(controller));
    REQUIRE(eventually([&] {
        return probe.on(smart_home_topic).size() >= 2 && probe.last("luxtronik/heatpump").has_value();
    }));
    auto const reading = parsed(probe.last("luxtronik/heatpump"));
    auto const smart = parsed(probe.last(smart_home_topic));
    INFO(smart.dump());
    for (auto const* name : {"dhw_target_temperature_c", "heat_heating_kwh", "firmware_text"})
        CHECK(smart[name] == reading[name]);
    CHECK(smart["flow_temperature_c"].get<double>() ==
          Approx(reading["flow_temperature_c"].get<double>()).margin(3));
    CHECK(smart["heating_override_mode_text"] == "Off");
    CHECK(smart["power_limit_override_w"] == 30'000);
    for (auto const* missing : {"room_temperature_c", "mixing_circuit_1_flow_temperature_c"})
        CHECK_FALSE(smart.contains(missing));
    CHECK(bridge.metric("luxtronik2mqtt_smart_home_missing_registers") == 1);
    CHECK(bridge.log().find("inputs 106") != std::string::npos);
    // One that vanishes while the connection lasts takes no other with it.
    controller.turn_on("modbus_hole=120");
    REQUIRE(eventually([&] { return !parsed(probe.last(smart_home_topic)).contains("dhw_temperature_c"); }));
    CHECK(parsed(probe.last(smart_home_topic)).contains("dhw_target_temperature_c"));
    CHECK(bridge.metric("luxtronik2mqtt_failed_smart_home_polls_total") == 0);
    // Nothing may be set, so nothing is heard.
    CHECK(bridge.get("/metrics").body.find("set_requests") == std::string::npos);
    REQUIRE(
        eventually([&] { return probe.last("homeassistant/device/luxtronik_heatpump/config").has_value(); }));
    auto const entities = parsed(probe.last("homeassistant/device/luxtronik_heatpump/config"))["components"];
    CHECK(entities["smart_home_electric_total_kwh"]["en"] == false);
    CHECK(bridge.stop() == 0);
}

TEST_CASE("without being asked for, the Smart Home Interface is let alone") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#", "homeassistant/#"});
    Controller const controller(folder, "controller");
    Program const bridge(
        folder, "luxtronik2mqtt",
        broker_at(broker.port()) + Arguments{"--host", controller.address(), "--interval", "1s"});
    REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() >= 3; }));
    CHECK_FALSE(probe.last(smart_home_topic).has_value());
    REQUIRE(
        eventually([&] { return probe.last("homeassistant/device/luxtronik_heatpump/config").has_value(); }));
    CHECK(probe.last("homeassistant/device/luxtronik_heatpump/config")->payload.find("smart_home") ==
          std::string::npos);
}

TEST_CASE("each fault of the Smart Home Interface is its own, said once, and over with the fault") {
    struct Faulty {
        std::string name, fault, reason;
        std::unique_ptr<Controller> controller = nullptr;
    };
    std::vector<Faulty> all;
    all.push_back({"reset", "modbus_reset", "closed"});
    all.push_back({"cut", "modbus_cut=9", "closed"});
    all.push_back({"wrong_id", "modbus_wrong_id", "malformed"});
    all.push_back({"busy", "modbus_busy", "unsupported"});
    all.push_back({"old", "modbus_old", "unsupported"});
    // Last, since it takes longest: the others are over before they wait for long.
    all.push_back({"stall", "modbus_stall", "timed_out"});
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    // One port for all of them, each at an address of its own.
    FreePort const modbus_port;
    std::string hosts;
    for (auto& one : all) {
        std::string const host = "127.0.0." + std::to_string(2 + (&one - all.data()));
        one.controller = std::make_unique<Controller>(
            folder, one.name, Arguments{"--listen", host, "--modbus-port", modbus_port.text()});
        hosts += (hosts.empty() ? "" : ",") + one.name + "=" + host + ":" + one.controller->port();
    }
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + Arguments{"--host", hosts, "--interval", "1s", "--smart-home",
                                                        "--smart-home-port", modbus_port.text()});
    for (auto const& one : all) {
        INFO(one.name);
        REQUIRE(eventually([&] { return is_up(bridge, one.name); }));
        one.controller->turn_on(one.fault);
    }
    for (auto const& one : all) {
        INFO(one.name);
        REQUIRE(eventually([&] {
            return bridge.metric("luxtronik2mqtt_failed_smart_home_polls_total",
                                 {{"device", one.name}, {"reason", one.reason}}) >= 2;
        }));
        CHECK_FALSE(is_up(bridge, one.name));
        auto const log = bridge.log();
        auto const said = "at=smart_home event=ended device=" + one.name + " ";
        auto const first = log.find(said);
        REQUIRE(first != std::string::npos);
        CHECK(log.find(said, first + 1) == std::string::npos);
        if (one.name == "old")
            CHECK(log.find("firmware V3.89.0 has no Smart Home Interface") != std::string::npos);
        auto const before = probe.on("luxtronik/" + one.name).size();
        REQUIRE(eventually([&] { return probe.on("luxtronik/" + one.name).size() > before; }));
        one.controller->turn_off();
    }
    for (auto const& one : all) {
        INFO(one.name);
        auto const topic = "luxtronik/" + one.name;
        auto const smart_before = probe.on(topic + "/smart_home").size();
        REQUIRE(eventually([&] { return is_up(bridge, one.name); }));
        CHECK(eventually([&] { return probe.on(topic + "/smart_home").size() > smart_before; }));
        for (auto const& state : probe.on(topic + "/availability")) CHECK(state.payload == "online");
    }
    CHECK(bridge.metric("luxtronik2mqtt_failed_polls_total") == 0);
}

TEST_CASE("a Smart Home Interface that lets nobody in keeps the other from nothing") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    SECTION("since it serves one client at a time") {
        controller.turn_on("modbus_single");
        std::optional<FileDescriptor> other(connect_to(controller.modbus_port()));
        Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + smart_home(controller));
        REQUIRE(eventually([&] {
            return bridge.metric("luxtronik2mqtt_failed_smart_home_polls_total", {{"reason", "closed"}}) >= 1;
        }));
        REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() >= 2; }));
        other.reset();
        CHECK(eventually([&] { return is_up(bridge); }));
    }
    SECTION("since it is switched off, or the firmware has none") {
        FreePort const nobody;
        Program bridge(
            folder, "luxtronik2mqtt",
            broker_at(broker.port()) + Arguments{"--host", controller.address(), "--interval", "1s",
                                                 "--smart-home", "--smart-home-port", nobody.text()});
        REQUIRE(eventually([&] {
            return bridge.metric("luxtronik2mqtt_failed_smart_home_polls_total",
                                 {{"reason", "unreachable"}}) >= 2;
        }));
        REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() >= 2; }));
        CHECK(bridge.log().find("Firmware before V3.90.1 has none") != std::string::npos);
        auto const said = health(probe);
        REQUIRE(said.is_object());
        CHECK(said.value("state", "") == "offline");
        CHECK(said.value("trouble", "").find("Firmware before V3.90.1 has none") != std::string::npos);
    }
}

TEST_CASE("the Smart Home Interface is read on while the other one is dead, and the device is online") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + smart_home(controller));
    REQUIRE(eventually([&] { return is_up(bridge); }));
    controller.turn_on("reset");
    REQUIRE(eventually([&] { return bridge.metric("luxtronik2mqtt_failed_polls_total") >= 2; }));
    auto const before = probe.on(smart_home_topic).size();
    REQUIRE(eventually([&] { return probe.on(smart_home_topic).size() > before + 2; }));
    for (auto const& state : probe.on("luxtronik/heatpump/availability")) CHECK(state.payload == "online");
    auto const readings = probe.on("luxtronik/heatpump").size();
    controller.turn_off();
    CHECK(eventually([&] { return probe.on("luxtronik/heatpump").size() > readings; }));
    // With neither it is offline.
    controller.turn_on("reset,modbus_reset");
    CHECK(probe.sees("luxtronik/heatpump/availability", "offline"));
}

TEST_CASE("an override is asked for, held, shown, and let go at the end") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + smart_home(controller) + allowed());
    REQUIRE(eventually([&] { return is_up(bridge) && bridge.ready(); }));
    CHECK(health(probe) == Json{{"state", "online"}});

    auto answer = set(probe, "heating_override_setpoint", R"({"value":38.5,"transaction":"a1"})");
    INFO(answer.dump());
    CHECK(answer["state"] == "done");
    CHECK(answer["value"] == 38.5);
    CHECK(answer["transaction"] == "a1");
    CHECK(set(probe, "heating_override_mode", "Setpoint")["state"] == "done");
    CHECK(set(probe, "heating_override_mode", "Setpoint")["state"] == "unchanged");
    CHECK(set(probe, "power_limit_override", "4200")["state"] == "done");
    CHECK(set(probe, "power_limit_override_mode", "hard limit")["state"] == "done");
    CHECK(set(probe, "heating_lock", "on")["state"] == "done");
    CHECK(shows(probe, "heating_override_mode_text", "Setpoint"));
    CHECK(shows(probe, "heating_override_setpoint_c", 38.5));
    CHECK(shows(probe, "power_limit_override_w", 4200));
    CHECK(shows(probe, "heating_lock", 1));
    CHECK(bridge.metric("luxtronik2mqtt_overrides_held") == 5);

    // What the controller must not be asked for, it is not asked for.
    CHECK(set(probe, "heating_override_setpoint", "75.5")["state"] == "refused");
    CHECK(set(probe, "heating_override_offset", "-20.5")["state"] == "refused");
    CHECK(set(probe, "power_limit_override", "4250")["state"] == "refused");
    CHECK(set(probe, "dhw_lock", "on")["state"] == "refused");
    CHECK_FALSE(controller.refused_a_write());

    // Let go by being asked, with what depends on it.
    CHECK(set(probe, "heating_override_mode", "off")["state"] == "done");
    CHECK(eventually([&] { return controller.told(1, 350, "write"); }));
    CHECK(bridge.metric("luxtronik2mqtt_overrides_held") == 3);
    // And by the end.
    CHECK_FALSE(controller.told(40, 0, "write"));
    CHECK(bridge.stop() == 0);
    CHECK(controller.told(40, 0, "write"));
    CHECK(controller.told(41, 300, "write"));
    CHECK(controller.told(50, 0, "write"));
}

TEST_CASE("an override is let go when the broker has been away for long") {
    TempFolder const folder;
    Broker broker(folder);
    Controller const controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + smart_home(controller) + allowed() +
                       Arguments{"--smart-home-grace", "2s"});
    {
        MqttProbe probe(broker.port(), {"luxtronik/#"});
        REQUIRE(eventually([&] { return is_up(bridge) && bridge.ready(); }));
        REQUIRE(set(probe, "heating_override_mode", "Offset")["state"] == "done");
    }
    CHECK(controller.told(0, 2, "write"));
    broker.stop();
    CHECK(eventually([&] { return controller.told(0, 0, "write"); }));
    CHECK(eventually([&] { return bridge.metric("luxtronik2mqtt_overrides_held") == 0; }));
    // It is not taken up again.
    broker.start();
    MqttProbe probe(broker.port(), {"luxtronik/#"}, "later");
    CHECK(shows(probe, "heating_override_mode_text", "Off"));
}

TEST_CASE("an override of a bridge that was killed lapses by itself") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    // Ten minutes in six seconds.
    Controller const controller(folder, "controller", {"--speed", "100"});
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + smart_home(controller) + allowed());
    REQUIRE(eventually([&] { return is_up(bridge) && bridge.ready(); }));
    REQUIRE(set(probe, "heating_lock", "on")["state"] == "done");
    CHECK(controller.told(50, 1, "write"));
    bridge.kill();
    CHECK(eventually([&] { return controller.told(50, 0, "lapse"); }));
}

TEST_CASE("an override of a bridge that was killed is let go by the next one") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + smart_home(controller) + allowed() +
                       Arguments{"--spool-dir", (folder / "spool").string()});
    REQUIRE(eventually([&] { return is_up(bridge) && bridge.ready(); }));
    REQUIRE(set(probe, "heating_lock", "on")["state"] == "done");
    bridge.kill();
    CHECK_FALSE(controller.told(50, 0, "write"));
    bridge.start();
    CHECK(eventually([&] { return controller.told(50, 0, "write"); }));
}

TEST_CASE("pumps whose Smart Home Interface has stopped answering hold up the end side by side") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    // Twelve, one after the other, would take at least so many times the second and a half of one.
    std::vector<std::string> names;
    for (int i = 0; i < 12; ++i) names.push_back("pump" + std::to_string(i));
    std::string hosts;
    for (auto const& name : names) hosts += (hosts.empty() ? "" : ",") + name + "=" + controller.address();
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + allowed() +
                       Arguments{"--host", hosts, "--interval", "1s", "--smart-home", "--smart-home-port",
                                 std::to_string(controller.modbus_port())});
    REQUIRE(eventually([&] { return bridge.ready(); }));
    for (auto const& name : names) {
        REQUIRE(eventually([&] { return is_up(bridge, name); }));
        probe.publish("luxtronik/" + name + "/set/heating_lock", "on");
    }
    for (auto const& name : names) {
        INFO(name);
        REQUIRE(eventually([&] { return probe.last("luxtronik/" + name + "/set_result").has_value(); }));
        REQUIRE(bridge.metric("luxtronik2mqtt_overrides_held", {{"device", name}}) == 1);
    }
    controller.turn_on("modbus_stall");
    REQUIRE(eventually([&] { return controller.has_taken_faults(); }));
    auto const begin = std::chrono::steady_clock::now();
    CHECK(bridge.stop() == 0);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
    auto const log = bridge.log();
    for (auto const& name : names) {
        INFO(name);
        CHECK(log.find("at=overrides event=not_released device=" + name + " ") != std::string::npos);
    }
}
