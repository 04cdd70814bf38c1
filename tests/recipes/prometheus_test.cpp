// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace test;
using Json = nlohmann::json;

namespace {

/// The recipe's two files, the targets being the programs of this test.
std::filesystem::path write_recipe(TempFolder const& folder, Suite const& suite) {
    auto const code = shown_code("recipes/prometheus.md", "yaml");
    REQUIRE(code.size() == 2);
    auto configuration = code.at(0);
    int number = 9300;
    for (auto const* program : suite.programs()) {
        auto const target = "127.0.0.1:" + std::to_string(number++);
        auto const at = configuration.find(target);
        REQUIRE(at != std::string::npos);
        configuration.replace(at, target.size(), program->http_address());
    }
    folder.write("mqtt-bridges.rules.yml", code.at(1));
    return folder.write("prometheus.yml",
                        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n" + configuration);
}

Json asked(FreePort const& prometheus, std::string const& target) {
    auto const answer = Json::parse(http_get(prometheus.number(), target).body, nullptr, false);
    return answer.is_object() ? answer.value("data", Json::object()) : Json::object();
}

/// How many series this question finds.
std::size_t series(FreePort const& prometheus, std::string const& metric) {
    return asked(prometheus, "/api/v1/query?query=" + metric).value("result", Json::array()).size();
}

/// All rules, by name.
std::map<std::string, Json> rules(FreePort const& prometheus) {
    std::map<std::string, Json> found;
    auto const groups = asked(prometheus, "/api/v1/rules").value("groups", Json::array());
    for (auto const& group : groups)
        for (auto const& rule : group.at("rules")) found[rule.at("name")] = rule;
    return found;
}

}  // namespace

TEST_CASE("Prometheus reads all programs and its rules see a device fall silent") {
    TempFolder const folder;
    Suite suite(folder);
    auto const configuration = write_recipe(folder, suite);
    auto const checked = run(folder, {"/usr/bin/promtool", {"check", "config", configuration}});
    INFO(checked.output << checked.errors);
    REQUIRE(checked.exit_code == 0);

    FreePort const port;
    Process const prometheus(folder, {"/usr/bin/prometheus",
                                      {"--config.file", configuration, "--storage.tsdb.path", folder / "tsdb",
                                       "--web.listen-address", port.address()}});
    CHECK(eventually([&] { return series(port, "up==1") == suite.programs().size(); }));
    // Every metric that a rule names is there.
    auto const text = shown_code("recipes/prometheus.md", "yaml").at(1);
    auto const of_sink = matches(text, R"((mqtt_sink_\w+))");
    CHECK(of_sink.size() == 3);
    for (auto const& name : of_sink) {
        INFO(name.at(1));
        CHECK(eventually([&] { return series(port, name.at(1)) > 0; }));
    }
    CHECK(eventually([&] { return series(port, "mqtt_sink_broker_connected") == 1; }));
    auto const of_bridges = matches(text, R"(isems\)2mqtt\)?(_\w+))");
    CHECK(of_bridges.size() == 3);
    for (auto const& name : of_bridges) {
        for (auto const* bridge : {"mfm2mqtt", "luxtronik2mqtt", "mastertronic2mqtt", "isems2mqtt"}) {
            INFO(bridge + name.at(1));
            CHECK(eventually([&] { return series(port, bridge + name.at(1)) > 0; }));
        }
    }
    CHECK(eventually([&] { return series(port, "heatpump_flow_in_temp_celcius") == 1; }));

    CHECK(eventually([&] {
        auto const all = rules(port);
        return all.size() == 5 && std::all_of(all.begin(), all.end(), [](auto const& rule) {
                   return rule.second.value("health", "") == "ok" &&
                          rule.second.value("state", "") == "inactive";
               });
    }));
    suite.stop_heat_pump();
    CHECK(eventually([&] {
        auto const all = rules(port);
        auto const silent = all.find("DeviceSilent");
        return silent != all.end() && silent->second.value("state", "") == "pending" &&
               silent->second.at("alerts").at(0).at("labels").value("device", "") == "heatpump";
    }));
    CHECK(eventually([&] { return series(port, "heatpump_flow_in_temp_celcius") == 0; }));
}
