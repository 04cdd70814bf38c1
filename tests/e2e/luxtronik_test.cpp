// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

/// A simulated controller on a port of its own.
class Controller {
  public:
    Controller(TempFolder const& folder, std::string const& name, Arguments const& arguments = {})
        : port_file_(folder / (name + ".port")),
          process_(folder, {program_path("devsim"), Arguments{"luxtronik", "--port-file", port_file_.string(),
                                                              "--clock", "1768435200"} +
                                                        arguments}) {
        REQUIRE(eventually([&] { return !read_file(port_file_).empty(); }));
    }

    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(std::stoi(read_file(port_file_)));
    }

    /// Ends it; the blocks that were read from it, and the requests to write that came.
    struct Asked {
        long reads = -1, writes = -1;
    };
    [[nodiscard]] Asked stop() {
        process_.signal(SIGTERM);
        REQUIRE(process_.wait_for_exit(10s) == 0);
        auto const log = process_.errors();
        auto const number = [&](std::string const& name) {
            auto const at = log.find(name);
            return at == std::string::npos ? -1 : std::atol(log.c_str() + at + name.size());
        };
        return {number("reads="), number("writes=")};
    }

  private:
    std::filesystem::path port_file_;
    Process process_;
};

Arguments each_second(std::string const& hosts) { return {"--host", hosts, "--interval", "1s"}; }

Json parsed(Message const& message) { return Json::parse(message.payload, nullptr, false); }

/// What the simulated controller always shows, and what it can show at most: any shift of the values breaks
/// it.
void check_values(std::vector<Message> const& messages) {
    for (auto const& message : messages) {
        INFO(message.topic << ' ' << message.payload);
        auto const reading = parsed(message);
        REQUIRE(reading.is_object());
        CHECK(reading["firmware_text"] == "V3.88.0");
        CHECK(reading["heat_pump_type_code"] == 71);
        CHECK(reading["hot_water_target_temperature_c"] == 50.0);
        CHECK(reading["superheat_target_k"] == 6.0);
        CHECK(reading["room_temperature_c"] == 21.3);
        CHECK(reading["stored_error_count"] == 2);
        CHECK(reading["source_in_temperature_c"].get<double>() == Approx(9).margin(5));
        CHECK(reading["outdoor_temperature_c"].get<double>() == Approx(0).margin(15));
        CHECK(reading["controller_clock_s"].get<std::int64_t>() - 1'768'435'200 < 120);
    }
}

}  // namespace

TEST_CASE("a heat pump is read once an interval, and asking for its metrics reads nothing") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(controller.address()));
    REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() >= 3; }));
    CHECK(probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(eventually([&] { return bridge.ready(); }));

    for (int i = 0; i < 100; ++i) CHECK(bridge.get("/metrics").status == 200);
    auto const metrics = bridge.get("/metrics").body;
    CHECK(metric(metrics, "heatpump_hotwater_target_celsius", {{"device", "heatpump"}}) == 50.0);
    for (auto const* name :
         {"outdoor_temp_celcius", "outdoor_temp_avg_celcius", "flow_in_temp_celcius", "flow_out_temp_celcius",
          "flow_out_target_temp_celcius", "hotwater_measured_celsius", "hotwater_target_celsius",
          "groundsource_in_temp_celsius", "groundsource_out_temp_celsius"}) {
        CHECK(metrics.find(std::string("# TYPE heatpump_") + name + " gauge\n") != std::string::npos);
    }
    for (auto const* name :
         {"operational_total_seconds", "operational_heating_seconds", "operational_hotwater_seconds",
          "operational_cooling_seconds", "compressor_impulses"}) {
        CHECK(metrics.find(std::string("# TYPE heatpump_") + name + " counter\n") != std::string::npos);
    }
    CHECK(bridge.stop() == 0);
    probe.catch_up();
    auto const readings = probe.on("luxtronik/heatpump");
    check_values(readings);
    // The settings did not change meanwhile.
    CHECK(probe.on("luxtronik/heatpump/parameters").size() == 1);
    auto const asked = controller.stop();
    CHECK(asked.reads >= 3 * static_cast<long>(readings.size()));
    CHECK(asked.reads <= 3 * static_cast<long>(readings.size() + 1));
    CHECK(asked.writes == 0);
}

TEST_CASE("each fault of a controller gives no value, is over with the fault, and disturbs no other") {
    struct Case {
        std::string name, fault;
        bool goes_offline = true;
    };
    std::vector<Case> const cases = {
        {"healthy", "", false},
        {"cut", "cut=700@8s+3s"},
        {"reset", "reset=1500@8s+3s"},
        {"stall", "stall=900@8s+3s"},
        {"echo", "echo=parameters@8s+3s"},
        {"short", "length=short@8s+3s"},
        {"long", "length=long@8s+3s"},
        {"huge", "length=huge@8s+3s"},
        {"busy", "busy@8s+3s", false},
        {"dribble", "dribble=1@8s+1h", false},
    };
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    std::vector<std::unique_ptr<Controller>> controllers;
    std::string hosts;
    for (auto const& one : cases) {
        controllers.push_back(std::make_unique<Controller>(
            folder, one.name, one.fault.empty() ? Arguments{} : Arguments{"--fault", one.fault}));
        hosts += (hosts.empty() ? "" : ",") + one.name + "=" + controllers.back()->address();
    }
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(hosts));
    auto const states = [&](std::string const& name) {
        std::vector<std::string> all;
        for (auto const& message : probe.on("luxtronik/" + name + "/availability"))
            all.push_back(message.payload);
        return all;
    };
    for (auto const& one : cases) {
        INFO(one.name);
        if (!one.goes_offline) continue;
        // A poll that is stalled is given up after 5 s; the wait before the next try is then a second or two.
        REQUIRE(eventually(
            [&] {
                return states(one.name) == std::vector<std::string>{"online", "offline", "online"};
            },
            20s));
    }
    for (auto const* patient : {"busy", "dribble"}) {
        auto const before = probe.on(std::string("luxtronik/") + patient).size();
        INFO(patient);
        CHECK(eventually([&] { return probe.on(std::string("luxtronik/") + patient).size() > before; }, 30s));
    }
    for (auto const& one : cases) {
        INFO(one.name);
        if (!one.goes_offline) CHECK(states(one.name) == std::vector<std::string>{"online"});
        check_values(probe.on("luxtronik/" + one.name));
    }
    auto const healthy = probe.on("luxtronik/healthy");
    for (std::size_t i = 1; i < healthy.size(); ++i) {
        CHECK(parsed(healthy[i])["ts"].get<std::int64_t>() -
                  parsed(healthy[i - 1])["ts"].get<std::int64_t>() <
              2500);
    }
    CHECK(bridge.metric("luxtronik2mqtt_failed_polls_total", {{"device", "echo"}, {"reason", "malformed"}}) >=
          1);
    CHECK(bridge.metric("luxtronik2mqtt_failed_polls_total",
                        {{"device", "busy"}, {"reason", "unsupported"}}) >= 1);
}

TEST_CASE("a controller that hangs is offline, shows no old values, and holds up no stop") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller", {"--fault", "stall=100@6s+1h"});
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(controller.address()));
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(metric(bridge.get("/metrics").body, "heatpump_hotwater_target_celsius").has_value());
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "offline"));
    CHECK(eventually([&] {
        return !metric(bridge.get("/metrics").body, "heatpump_hotwater_target_celsius").has_value();
    }));
    CHECK(probe.last("luxtronik/bridge/state")->payload == "online");
    CHECK(bridge.stop() == 0);
}

TEST_CASE("a dry run once prints one reading of a heat pump") {
    TempFolder const folder;
    FreePort const http;
    Controller const controller(folder, "controller");
    auto const done = run(
        folder,
        {program_path("luxtronik2mqtt"),
         Arguments{"--host", controller.address(), "--dry-run", "--once", "--http-listen", http.address()}},
        30s);
    INFO(done.output);
    INFO(done.errors);
    CHECK(done.exit_code == 0);
    CHECK(std::count(done.output.begin(), done.output.end(), '\n') == 1);
    CHECK(done.output.starts_with("luxtronik/heatpump {\"ts\":"));
}
