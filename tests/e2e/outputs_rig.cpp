// SPDX-License-Identifier: MIT
#include "outputs_rig.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

namespace test {

using nlohmann::json;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string value(std::string const& base, std::string const& device, std::string const& channel,
                  std::string const& field, std::int64_t ts, std::string const& what) {
    return base + "|" + device + "|" + channel + "|" + field + "|" + std::to_string(ts) + "|" + what;
}

namespace {

std::string number(double number) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", number);
    return text;
}

}  // namespace

Values in_sqlite(Database const& database, Texts texts) {
    Values values;
    for (auto const& sample : database.samples()) {
        if (sample.text && texts == Texts::without) continue;
        values.insert(value(sample.base, sample.device, sample.channel, sample.field, sample.ts,
                            sample.text ? *sample.text : number(sample.value.value_or(0))));
    }
    return values;
}

Values in_influxd(Influxd const& influxd) {
    Values values;
    auto const answer = json::parse(influxd.ask("SELECT * FROM /.*/ GROUP BY *"), nullptr, false);
    if (answer.is_discarded() || !answer["results"][0].contains("series")) return values;
    for (auto const& series : answer["results"][0]["series"]) {
        auto const& columns = series["columns"];
        auto const tags = series.value("tags", json::object());
        for (auto const& row : series["values"]) {
            for (std::size_t i = 1; i < columns.size(); ++i) {
                if (row[i].is_null()) continue;
                values.insert(value(series["name"], tags.value("device", ""), tags.value("channel", ""),
                                    columns[i], row[0],
                                    row[i].is_string() ? row[i].get<std::string>() : number(row[i])));
            }
        }
    }
    return values;
}

Values in_victoria_metrics(VictoriaMetrics const& database) {
    Values values;
    std::istringstream lines(database.everything());
    for (std::string line; std::getline(lines, line);) {
        auto const series = json::parse(line, nullptr, false);
        if (series.is_discarded()) continue;
        auto const& metric = series["metric"];
        std::string const name = metric["__name__"];
        auto const dash = name.find('_');
        for (std::size_t i = 0; i < series["values"].size(); ++i) {
            values.insert(value(name.substr(0, dash), metric.value("device", ""), metric.value("channel", ""),
                                name.substr(dash + 1), series["timestamps"][i], number(series["values"][i])));
        }
    }
    return values;
}

Publisher::Text reading(std::int64_t first_ts, std::size_t number) {
    auto const ts = std::to_string(first_ts + static_cast<std::int64_t>(number));
    auto const n = std::to_string(number);
    char hz[20];
    std::snprintf(hz, sizeof hz, "%.4f", 49.9 + static_cast<double>(number % 2000) / 10'000);
    switch (number % 3) {
        case 0:
            return {"mfm/mains" + std::to_string(number % 5),
                    R"({"ts":)" + ts + R"(,"seq":)" + n + R"(,"frequency_hz":)" + hz + "}"};
        case 1:
            return {
                "luxtronik/heat pump,1=2/parameters",
                R"({"ts":)" + ts + R"(,"a b,c=d":-)" + n + R"(e-7,"state_text":"say \"on\" \\ )" + n + "\"}"};
        default:
            return {
                "isems/S\xc3\xbc"
                "d",
                R"({"ts":)" + ts + R"(,"battery_v":12.)" + n + R"(,"name":"S)" + "\xc3\xbc" + R"(d"})"};
    }
}

Arguments sink_arguments(Broker const& broker, TempFolder const& folder, std::string const& outputs) {
    return broker_at(broker.port()) + Arguments{"--database", folder / "store.db", "--influx-url", outputs};
}

std::string output_state(Program const& sink, std::string const& name) {
    auto const ready = json::parse(sink.get("/readyz").body, nullptr, false);
    if (ready.is_discarded() || !ready["outputs"].contains(name)) return "";
    return ready["outputs"][name];
}

double lag(Program const& sink, std::string const& output) {
    return sink.metric("mqtt_sink_output_lag_rows", {{"output", output}});
}

void publish(Broker const& broker, std::size_t count, std::function<Publisher::Text(std::size_t)> message) {
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = count;
    plan.message = std::move(message);
    Publisher const publisher(plan);
    REQUIRE(eventually([&] { return publisher.finished(); }));
}

}  // namespace test
