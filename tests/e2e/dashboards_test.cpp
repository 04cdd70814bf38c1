// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/influxd.hpp"

#include "catch.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

// Grafana is not in Debian. So this asks InfluxDB what Grafana would ask it: each panel's query, with
// Grafana's variables replaced as Grafana does.

namespace {

std::filesystem::path const grafana = std::filesystem::path(SOURCE_FOLDER) / "docker/grafana";

struct Dashboard {
    std::string file;
    Json json;
};

std::vector<Dashboard> dashboards() {
    std::vector<Dashboard> all;
    for (auto const& entry : std::filesystem::directory_iterator(grafana / "dashboards"))
        all.push_back({entry.path().filename(), Json::parse(read_file(entry.path()))});
    return all;
}

/// The rows of an answer, all series together; empty where there is an error.
std::vector<Json> rows(std::string const& answer) {
    std::vector<Json> found;
    auto const json = Json::parse(answer, nullptr, false);
    if (json.is_discarded() || !json.contains("results")) return found;
    for (auto const& series : json["results"][0].value("series", Json::array())) {
        for (auto const& row : series["values"]) found.push_back(row);
    }
    return found;
}

void replace(std::string& text, std::string const& what, std::string const& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

/// All values of a dashboard's variable, as Grafana writes them into a regular expression.
std::string all_values(Influxd const& influxd, Json const& variable) {
    std::string values;
    for (auto const& row : rows(influxd.ask(variable["query"])))
        values += (values.empty() ? "" : "|") + row[1].get<std::string>();
    return "(" + values + ")";
}

/// The panels' queries that bring no value, each with its title.
std::vector<std::string> empty_panels(Influxd const& influxd, Json const& dashboard) {
    std::vector<std::string> empty;
    for (auto const& panel : dashboard["panels"]) {
        for (auto const& target : panel["targets"]) {
            std::string query = target["query"];
            for (auto const& variable : dashboard["templating"]["list"])
                replace(query, "$" + variable["name"].get<std::string>(), all_values(influxd, variable));
            std::string const range = dashboard["time"]["from"];  // now-15m
            replace(query, "$timeFilter", "time >= now() - " + panel.value("timeFrom", range.substr(4)));
            replace(query, "$__interval", panel.value("interval", "1s"));
            bool shown = false;
            for (auto const& row : rows(influxd.ask(query))) {
                for (std::size_t i = 1; i < row.size(); ++i) shown = shown || !row[i].is_null();
            }
            if (!shown) empty.push_back(panel["title"].get<std::string>() + ": " + query);
        }
    }
    return empty;
}

}  // namespace

TEST_CASE("every panel of every dashboard shows what the simulated devices give") {
    TempFolder const folder;
    Broker const broker(folder);
    Influxd const influxd(folder);
    FreePort const mains, heat_pump, water_tester, nodes;
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) +
                     Arguments{"--database", folder / "store.db", "--influx-url", influxd.write_url()});
    auto const device = [&](Arguments const& arguments) {
        return Process(folder, {program_path("devsim"), arguments});
    };
    Process const simulated[] = {
        device({"mfm", "--port", mains.text()}),
        device({"luxtronik", "--port", heat_pump.text(), "--speed", "60"}),
        device({"mastertronic", "--port", water_tester.text(), "--speed", "600"}),
        device({"isems", "--port", nodes.text(), "--nodes", "1"}),
    };
    auto const bridge = [&](std::string const& name, Arguments const& arguments) {
        return Program(folder, name, broker_at(broker.port()) + arguments);
    };
    Program bridges[] = {
        bridge("mfm2mqtt", {"--serial-port", "tcp://" + mains.address()}),
        bridge("luxtronik2mqtt", {"--host", heat_pump.address(), "--interval", "2s"}),
        bridge("mastertronic2mqtt",
               {"--host", "127.0.0.1", "--port", water_tester.text(), "--interval", "2s"}),
        bridge("isems2mqtt", {"--router-ips", nodes.address(), "--interval", "2s"}),
    };

    auto const all = dashboards();
    REQUIRE(all.size() == std::size(bridges));
    for (auto const& dashboard : all) {
        std::vector<std::string> empty;
        bool const shown = eventually(
            [&] {
                empty = empty_panels(influxd, dashboard.json);
                return empty.empty();
            },
            30s);
        INFO(dashboard.file);
        for (auto const& panel : empty) UNSCOPED_INFO(panel);
        CHECK(shown);
    }
    for (auto& program : bridges) CHECK(program.stop() == 0);
    CHECK(sink.stop() == 0);
}

TEST_CASE("dashboards ask the data source that is provisioned, and show a gap as a gap") {
    std::string const source = read_file(grafana / "provisioning/datasources/influxdb.yaml");
    std::set<std::string> names;
    for (auto const& [file, dashboard] : dashboards()) {
        INFO(file);
        CHECK(names.insert(dashboard["uid"]).second);
        CHECK(!dashboard.contains("id"));  // else it would replace another
        for (auto const& panel : dashboard["panels"]) {
            INFO(panel["title"]);
            bool const over_time = panel["type"] == "timeseries" || panel["type"] == "state-timeline";
            if (over_time) CHECK(panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] == false);
            for (auto const& target : panel["targets"]) {
                std::string const query = target["query"];
                INFO(query);
                CHECK(target["datasource"]["type"] == "influxdb");
                CHECK(source.find("uid: " + target["datasource"]["uid"].get<std::string>() + "\n") !=
                      std::string::npos);
                CHECK(query.find("$timeFilter") != std::string::npos);
                bool const grouped = query.find("GROUP BY time(") != std::string::npos;
                CHECK(query.ends_with("fill(null)") == grouped);
                if (grouped) CHECK(panel.contains("interval"));
            }
        }
    }
}
