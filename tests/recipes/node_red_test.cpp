// SPDX-License-Identifier: MIT
#include "document.hpp"

#include "../e2e/program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace test;
using Json = nlohmann::json;

namespace {

/// The real Node-RED, with nothing in it.
class NodeRed {
  public:
    explicit NodeRed(TempFolder const& folder)
        : folder_(folder),
          process_(folder, {"/usr/bin/env",
                            {"node", red(), "--userDir", folder.path(), "--settings",
                             folder.write("settings.js",
                                          "module.exports = { uiHost: '127.0.0.1', uiPort: " + port_.text() +
                                              ", credentialSecret: false, telemetry: { enabled: "
                                              "false, updateNotification: false } };")}}) {
        REQUIRE(eventually([this] { return get("/flows").status == 200; }, 40s));
    }

    /// As the editor does it: all flows become these.
    void deploy(Json const& flow) {
        auto const file = folder_.write("flow.json", flow.dump());
        auto const answer = run(folder_, {"/usr/bin/curl",
                                          {"-sS", "--fail-with-body", "-H", "Content-Type: application/json",
                                           "-H", "Node-RED-Deployment-Type: full", "--data-binary",
                                           "@" + file.string(), "http://" + port_.address() + "/flows"}});
        INFO(answer.output << answer.errors);
        REQUIRE(answer.exit_code == 0);
    }

    [[nodiscard]] HttpAnswer get(std::string const& target) const { return http_get(port_.number(), target); }
    [[nodiscard]] std::string log() const { return process_.output(); }

  private:
    static std::string red() {
        auto const program =
            std::filesystem::path(SOURCE_FOLDER) / "tests/recipes/node_modules/node-red/red.js";
        if (!std::filesystem::exists(program))
            throw std::runtime_error("no Node-RED: run npm ci in tests/recipes, as scripts/test does");
        return program;
    }

    TempFolder const& folder_;
    FreePort port_;
    Process process_;
};

/// The recipe, with this broker, and with what it only shows in the editor in the log as well.
Json flow_for(Broker const& broker) {
    auto flow = Json::parse(document("recipes/node-red-flow.json"));
    for (auto& node : flow) {
        if (node.at("type") == "mqtt-broker") {
            node["broker"] = "127.0.0.1";
            node["port"] = std::to_string(broker.port());
        }
        if (node.value("name", "") == "flow temperature" && node.at("type") == "debug")
            node["console"] = true;
    }
    return flow;
}

}  // namespace

TEST_CASE("Node-RED imports the recipe and shows a device's values only while the device is there") {
    TempFolder const folder;
    Broker broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    NodeRed node_red(folder);
    node_red.deploy(flow_for(broker));
    // Settings are published once: it has to have subscribed before.
    probe.publish("luxtronik/other/availability", "offline", true);
    REQUIRE(
        eventually([&] { return node_red.get("/mqtt-bridges").body.find("other") != std::string::npos; }));

    FreePort const port;
    Process::Plan const controller = {program_path("devsim"), {"luxtronik", "--port", port.text()}};
    std::optional<Process> device;
    device.emplace(folder, controller);
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + Arguments{"--host", port.address(), "--interval", "1s"});

    auto const shown = [&] {
        auto const answer = Json::parse(node_red.get("/mqtt-bridges").body, nullptr, false);
        return answer.is_object() ? answer.value("luxtronik/heatpump", Json()) : Json();
    };
    auto const has_values = [&] { return shown().contains("flow_temperature_c"); };
    auto const is_offline = [&] { return shown() == Json{{"online", false}}; };

    REQUIRE(eventually([&] {
        return has_values() && shown().contains("heating_limit_c") && shown().contains("since_midnight");
    }));
    // It is a reading that was published, with the settings and the day that were.
    auto const values = shown();
    probe.catch_up();
    auto expected = Json::parse(probe.last("luxtronik/heatpump/parameters").value().payload);
    expected.update(Json::parse(probe.last("luxtronik/heatpump/day").value().payload));
    for (auto const& message : probe.on("luxtronik/heatpump")) {
        auto const reading = Json::parse(message.payload);
        if (reading.at("ts") == values.at("ts")) expected.update(reading);
    }
    expected.erase("seq");
    expected["online"] = true;
    CHECK(values == expected);
    CHECK(eventually([&] { return node_red.log().find("[debug:flow temperature]") != std::string::npos; }));

    // Without its device, without its bridge, without the broker; each time it comes back by itself.
    device->kill();
    CHECK(eventually(is_offline));
    device.reset();
    device.emplace(folder, controller);
    CHECK(eventually(has_values));

    bridge.kill();
    CHECK(eventually(is_offline));
    bridge.start();
    CHECK(eventually(has_values));

    broker.kill();
    CHECK(eventually(is_offline));
    broker.start();
    CHECK(eventually(has_values, 30s));

    // Whatever happened, no other than a number was passed on as the flow temperature.
    for (auto const& line : matches(node_red.log(), R"(\[debug:flow temperature\] (.*))")) {
        INFO(line.at(0));
        CHECK_FALSE(matches(line.at(1), R"(^-?\d+(\.\d+)?$)").empty());
    }
}
