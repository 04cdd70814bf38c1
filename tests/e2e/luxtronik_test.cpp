// SPDX-License-Identifier: MIT
#include "controller.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/file_descriptor.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

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
        CHECK(reading["dhw_target_temperature_c"] == 50.0);
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
    CHECK(metric(metrics, "luxtronik_dhw_target_temperature_c", {{"device", "heatpump"}}) == 50.0);
    CHECK(metric(metrics, "luxtronik_heating_limit_c", {{"device", "heatpump"}, {"channel", "parameters"}}));
    CHECK(metrics.find("# TYPE luxtronik_compressor_1_starts_count counter\n") != std::string::npos);
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
    auto const failed = static_cast<long>(bridge.metric("luxtronik2mqtt_failed_polls_total"));
    CHECK(bridge.stop() == 0);
    probe.catch_up();
    // What was read before the broker was there comes as history.
    auto readings = probe.on("luxtronik/heatpump");
    auto const history = probe.on("luxtronik/heatpump/history");
    readings.insert(readings.end(), history.begin(), history.end());
    check_values(readings);
    // The settings did not change meanwhile.
    CHECK(probe.on("luxtronik/heatpump/parameters").size() == 1);
    auto const asked = controller.stop();
    CHECK(asked.reads >= 3 * static_cast<long>(readings.size()));
    CHECK(asked.reads <= 3 * (static_cast<long>(readings.size()) + failed + 1));
    CHECK(asked.writes == 0);
}

namespace {

/// A fault, and whether the heat pump is offline then.
struct Fault {
    std::string fault;
    bool goes_offline = true;
};

/// Another client of a controller.
FileDescriptor connected_to(std::string const& address_text) {
    auto const port = static_cast<std::uint16_t>(std::stoi(address_text.substr(address_text.find(':') + 1)));
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    return socket;
}

std::string name_of(std::size_t index) { return "pump" + std::to_string(index); }

/// One bridge for as many heat pumps as there are faults, and one that has none.
void try_faults(std::vector<Fault> faults) {
    faults.push_back({"", false});
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    std::vector<std::unique_ptr<Controller>> controllers;
    std::string hosts;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        controllers.push_back(std::make_unique<Controller>(folder, name_of(i)));
        hosts += (i == 0 ? "" : ",") + name_of(i) + "=" + controllers.back()->address();
    }
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(hosts));
    auto const topic = [](std::size_t i) { return "luxtronik/" + name_of(i); };
    auto const all_are_online = [&] {
        for (std::size_t i = 0; i < faults.size(); ++i) {
            INFO(faults[i].fault);
            REQUIRE(probe.sees(topic(i) + "/availability", "online"));
        }
    };
    all_are_online();
    std::vector<std::size_t> before;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        before.push_back(probe.on(topic(i)).size());
        if (!faults[i].fault.empty()) controllers[i]->turn_on(faults[i].fault);
    }
    for (std::size_t i = 0; i < faults.size(); ++i) {
        INFO(faults[i].fault);
        if (faults[i].goes_offline) {
            REQUIRE(probe.sees(topic(i) + "/availability", "offline"));
            CHECK_FALSE(bridge.metric("luxtronik_dhw_target_temperature_c", {{"device", name_of(i)}}) > 0);
        } else {
            CHECK(eventually([&] { return probe.on(topic(i)).size() > before[i] + 1; }));
        }
        controllers[i]->turn_off();
    }
    all_are_online();
    for (std::size_t i = 0; i < faults.size(); ++i) {
        INFO(faults[i].fault);
        auto const known = probe.on(topic(i)).size();
        CHECK(eventually([&] { return probe.on(topic(i)).size() > known; }));
    }
    CHECK(bridge.stop() == 0);
    probe.catch_up();

    // In the order in which the broker had it: nothing is shown while it is offline, and nothing twice.
    for (std::size_t i = 0; i < faults.size(); ++i) {
        INFO(faults[i].fault);
        check_values(probe.on(topic(i)));
        std::int64_t newest = 0;
        bool offline = false;
        int times_offline = 0;
        for (auto const& message : probe.messages()) {
            if (message.topic == topic(i) + "/availability") {
                offline = message.payload == "offline";
                times_offline += offline ? 1 : 0;
            }
            if (message.topic != topic(i)) continue;
            CHECK_FALSE(offline);
            auto const time = parsed(message)["ts"].get<std::int64_t>();
            CHECK(time > std::exchange(newest, time));
        }
        // The last time is the end of the bridge.
        CHECK(times_offline >= (faults[i].goes_offline ? 2 : 1));
    }
}

}  // namespace

TEST_CASE("connections that break at any place give no value, and are over with the fault") {
    try_faults({{"cut"},
                {"cut=6"},
                {"cut=700"},
                {"cut=1081"},
                {"cut=5700"},
                {"reset"},
                {"reset=1500"},
                {"reset=6010"},
                {"off"},
                {"stall"},
                {"stall=900"},
                {"dribble", false}});
}

TEST_CASE("answers that are not what was asked for give no value, and are over with the fault") {
    try_faults({{"echo=calculations"},
                {"echo=parameters"},
                {"echo=visibilities"},
                {"length=negative"},
                {"length=huge"},
                {"length=short"},
                {"length=long"},
                {"length=zero"},
                {"twice"},
                {"busy=negative"}});
}

TEST_CASE("a controller that serves another client, or is busy for a moment, is read when it can be") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const single(folder, "single");
    Controller const busy(folder, "busy");
    Program bridge(
        folder, "luxtronik2mqtt",
        broker_at(broker.port()) + each_second("single=" + single.address() + ",busy=" + busy.address()));
    REQUIRE(probe.sees("luxtronik/single/availability", "online"));
    REQUIRE(probe.sees("luxtronik/busy/availability", "online"));
    busy.turn_on("busy");
    {
        auto const other = connected_to(single.address());
        single.turn_on("single");
        REQUIRE(probe.sees("luxtronik/single/availability", "offline"));
    }
    REQUIRE(probe.sees("luxtronik/single/availability", "online"));
    // Not longer than it takes: who is busy for long is given up too.
    REQUIRE(eventually([&] {
        return bridge.metric("luxtronik2mqtt_failed_polls_total",
                             {{"device", "busy"}, {"reason", "unsupported"}}) >= 1;
    }));
    busy.turn_off();
    auto const before = probe.on("luxtronik/busy").size();
    CHECK(eventually([&] { return probe.on("luxtronik/busy").size() > before + 1; }));
}

TEST_CASE("a controller that hangs is offline, shows no old values, and holds up no stop") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    Controller const controller(folder, "controller");
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(controller.address()));
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(metric(bridge.get("/metrics").body, "heatpump_hotwater_target_celsius").has_value());
    controller.turn_on("stall=100");
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "offline"));
    CHECK(eventually([&] {
        return !metric(bridge.get("/metrics").body, "heatpump_hotwater_target_celsius").has_value();
    }));
    CHECK(probe.last("luxtronik/bridge/state")->payload == "online");
    CHECK(bridge.stop() == 0);
}

TEST_CASE("controllers of all known lengths are read, and a change of lengths is one line in the log") {
    struct Make {
        std::string name, firmware, parameters, calculations, visibilities;
        [[nodiscard]] Arguments arguments() const {
            return {"--firmware",     firmware,     "--parameters",   parameters,
                    "--calculations", calculations, "--visibilities", visibilities};
        }
    };
    std::vector<Make> const makes = {
        {"v1_73", "V1.73", "1022", "200", "336"},   {"v1_80", "V1.80", "1086", "200", "336"},
        {"v3_79", "V3.79", "1126", "260", "355"},   {"v3_88", "V3.88.0", "1143", "267", "366"},
        {"v3_89", "V3.89.4", "1143", "268", "366"}, {"v3_90", "V3.90.3", "1159", "272", "380"},
        {"v3_92", "V3.92.3", "1200", "275", "398"}, {"novelan", "V3.91.0", "1187", "275", "398"},
    };
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    std::vector<std::unique_ptr<Controller>> controllers;
    std::string hosts;
    for (auto const& make : makes) {
        controllers.push_back(std::make_unique<Controller>(folder, make.name, make.arguments()));
        hosts += (hosts.empty() ? "" : ",") + make.name + "=" + controllers.back()->address();
    }
    Program bridge(folder, "luxtronik2mqtt", broker_at(broker.port()) + each_second(hosts));
    auto const lines_of = [&](std::string const& name) {
        std::istringstream lines(bridge.log());
        std::vector<std::string> found;
        for (std::string line; std::getline(lines, line);) {
            bool const length =
                line.find("event=lengths") != std::string::npos || line.find(" lengths") != std::string::npos;
            if (length && line.find("device=" + name + " ") != std::string::npos) found.push_back(line);
        }
        return found;
    };
    for (auto const& make : makes) {
        INFO(make.name);
        std::string const topic = "luxtronik/" + make.name;
        REQUIRE(eventually([&] { return probe.on(topic).size() >= 3; }));
        auto const reading = parsed(*probe.last(topic));
        CHECK(reading["firmware_text"] == make.firmware);
        CHECK(reading["heat_pump_type_code"] == 71);
        CHECK(reading["dhw_target_temperature_c"] == 50.0);
        CHECK(reading["superheat_target_k"] == 6.0);
        auto const lines = lines_of(make.name);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].find("parameters=" + make.parameters) != std::string::npos);
        CHECK(lines[0].find("calculations=" + make.calculations) != std::string::npos);
        CHECK(lines[0].find("visibilities=" + make.visibilities) != std::string::npos);
    }

    // One gets a new firmware: the same address, other lengths.
    auto const address = controllers[1]->address();
    CHECK(controllers[1]->stop().writes == 0);
    controllers[1] = std::make_unique<Controller>(
        folder, "updated",
        makes[6].arguments() + Arguments{"--port", address.substr(address.rfind(':') + 1)});
    REQUIRE(eventually([&] {
        auto const newest = probe.last("luxtronik/v1_80");
        return newest && parsed(*newest)["firmware_text"] == "V3.92.3";
    }));
    REQUIRE(eventually([&] { return lines_of("v1_80").size() == 2; }));
    CHECK(lines_of("v1_80")[1].find("parameters=1200") != std::string::npos);
    auto const before = probe.on("luxtronik/v1_80").size();
    REQUIRE(eventually([&] { return probe.on("luxtronik/v1_80").size() >= before + 2; }));
    CHECK(lines_of("v1_80").size() == 2);
    CHECK(lines_of("v3_88").size() == 1);
}

TEST_CASE("a metric.yml names the metrics of a heat pump, and a wrong one ends the start") {
    TempFolder const folder;
    Controller const controller(folder, "controller");
    auto const right = folder.write("metric.yml",
                                    "metrics:\n"
                                    "  - name: cellar_dhw_celsius\n"
                                    "    key: ID_WEB_Einst_BWS_akt\n"
                                    "    type: gauge\n");
    Broker const broker(folder);
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + each_second(controller.address()) +
                       Arguments{"--metrics-file", right.string()});
    REQUIRE(eventually([&] {
        return bridge.metric("cellar_dhw_celsius", {{"device", "heatpump"}}) == 50.0;
    }));
    CHECK(bridge.get("/metrics").body.find("heatpump_hotwater_target_celsius") == std::string::npos);
    CHECK(bridge.get("/metrics").body.find("luxtronik_dhw_target_temperature_c{") != std::string::npos);

    auto const wrong =
        folder.write("wrong.yml", "metrics:\n  - name: a\n    key: ID_WEB_Nothing\n    type: gauge\n");
    auto const refused =
        run(folder, {program_path("luxtronik2mqtt"),
                     Arguments{"--host", controller.address(), "--metrics-file", wrong.string()}});
    CHECK(refused.exit_code == 2);
    CHECK(refused.errors.find("wrong.yml:3: key: is no identifier of the controller") != std::string::npos);
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
