// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/field_metrics.hpp"
#include "luxtronik2mqtt/decode.hpp"
#include "luxtronik2mqtt/fields.hpp"

#include <bridge/unit.hpp>

#include "wire.hpp"

#include "catch.hpp"

#include <set>
#include <sstream>
#include <string>

using namespace luxtronik;
using namespace test;

namespace {

/// The metrics of a heat pump in the cellar.
struct Scraped {
    explicit Scraped(std::vector<ChosenMetric> const& chosen = usual_metrics())
        : shown(metrics, "cellar", fields(), chosen) {}

    void poll(std::string const& blocks) {
        shown.show_poll(bridge::as_bytes(blocks),
                        must(decode(bridge::as_bytes(blocks), bridge::Timestamp{})));
    }
    [[nodiscard]] bool has(std::string const& line) const {
        return ("\n" + metrics.text()).find("\n" + line + "\n") != std::string::npos;
    }

    bridge::Metrics metrics;
    FieldMetrics shown;
};

}  // namespace

TEST_CASE("numeric fields are metrics with their unit, their type and their channel") {
    Scraped scraped;
    scraped.poll(calculations(260, with_version({{10, 227}, {57, 12}, {80, 7}, {44, 1}}, "V3.79")) +
                 parameters(1200, {{2, 505}, {3, 4}}));
    CHECK(scraped.has("# TYPE luxtronik_flow_temperature_c gauge"));
    CHECK(scraped.has(
        "# HELP luxtronik_flow_temperature_c Water from the heat pump to the house. In degrees Celsius."));
    CHECK(scraped.has("luxtronik_flow_temperature_c{device=\"cellar\"} 22.7"));
    CHECK(scraped.has("# TYPE luxtronik_compressor_1_starts_count counter"));
    CHECK(scraped.has("luxtronik_compressor_1_starts_count{device=\"cellar\"} 12"));
    CHECK(scraped.has("luxtronik_operation_mode_code{device=\"cellar\"} 7"));
    CHECK(scraped.has("luxtronik_compressor_1_output{device=\"cellar\"} 1"));
    CHECK(scraped.has("luxtronik_dhw_setpoint_c{device=\"cellar\",channel=\"parameters\"} 50.5"));
    CHECK(scraped.has("luxtronik_heating_mode_code{device=\"cellar\",channel=\"parameters\"} 4"));
    CHECK(scraped.metrics.text().find("_text{") == std::string::npos);
}

TEST_CASE("every numeric field of the table can be a metric, and what grows is a counter") {
    bridge::Metrics metrics;
    FieldMetrics shown(metrics, "cellar", fields(), {});
    std::set<std::string> channels;
    for (auto const& field : fields()) channels.insert(field.channel);
    for (auto const& channel : channels) {
        bridge::Sample all{"", channel, bridge::Timestamp{}, {}};
        for (auto const& field : fields()) {
            if (field.channel == channel && field.kind != bridge::Field::Kind::text)
                all.readings.push_back({field.name, std::int64_t{1}});
        }
        shown.show(all);
    }
    auto const text = metrics.text();
    std::istringstream lines(text);
    std::set<std::string> typed;
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        if (line.starts_with("# TYPE ")) CHECK(typed.insert(line.substr(7, line.rfind(' ') - 7)).second);
    }
    for (auto const& field : fields()) {
        if (field.kind == bridge::Field::Kind::text) continue;
        INFO(field.name);
        bool const grows = bridge::state_class(field).starts_with("total");
        CHECK(text.find("# TYPE luxtronik_" + field.name + (grows ? " counter\n" : " gauge\n")) !=
              std::string::npos);
        if (field.channel.empty())
            CHECK(text.find("\nluxtronik_" + field.name + "{device=\"cellar\"} 1\n") != std::string::npos);
        auto const help = text.find("# HELP luxtronik_" + field.name + " ");
        REQUIRE(help != std::string::npos);
        auto const line = text.substr(help, text.find('\n', help) - help);
        if (!bridge::unit_symbol(field).empty())
            CHECK(line.ends_with("In " + std::string(bridge::unit_of(field.name)->meaning) + "."));
    }
}

TEST_CASE("what is not known is not in the metrics either") {
    Scraped scraped;
    scraped.poll(calculations(260, {{15, 84}, {19, 91}}));
    CHECK(scraped.has("luxtronik_outdoor_temperature_c{device=\"cellar\"} 8.4"));
    CHECK(scraped.has("heatpump_outdoor_temp_celcius{device=\"cellar\"} 8.4"));
    CHECK(scraped.has("heatpump_groundsource_in_temp_celsius{device=\"cellar\"} 9.1"));
    // The sensors were taken off.
    scraped.poll(calculations(260, {{15, -500}, {19, -500}, {20, 77}}));
    CHECK(scraped.metrics.text().find("outdoor_temperature_c") == std::string::npos);
    CHECK(scraped.metrics.text().find("heatpump_outdoor_temp_celcius") == std::string::npos);
    CHECK(scraped.has("heatpump_groundsource_out_temp_celsius{device=\"cellar\"} 7.7"));
    scraped.poll(calculations(20, {{15, 84}}) + parameters(5, {{3, 4}}));
    CHECK(scraped.metrics.text().find("heating_mode_code") != std::string::npos);
    scraped.poll(calculations(20, {{15, 84}}) + parameters(0));
    CHECK(scraped.metrics.text().find("heating_mode_code") == std::string::npos);
    scraped.shown.clear();
    CHECK(scraped.metrics.text().empty());
}

TEST_CASE("a chosen metric is the number of its place, whatever name the firmware gives the place") {
    Scraped scraped({{"analog", "ID_WEB_AnalogIn", false},
                     {"old_setpoint", "ID_Einst_BWS_akt", false},
                     {"heater", "ID_Waermemenge_ZWE", true},
                     {"mode", "ID_Ba_Hz_akt", false}});
    auto const set = parameters(1200, {{2, 480}, {105, 520}, {1059, 1224}, {3, 999}});
    scraped.poll(calculations(260, with_version({{147, 33}}, "V3.90.3")) + set);
    CHECK(scraped.has("analog{device=\"cellar\"} 33"));
    CHECK(scraped.has("old_setpoint{device=\"cellar\"} 48"));
    CHECK(scraped.has("# TYPE heater counter"));
    CHECK(scraped.has("heater{device=\"cellar\"} 122.4"));
    CHECK(scraped.has("mode{device=\"cellar\"} 999"));
    scraped.poll(calculations(260, with_version({}, "V2.88.3")) + set);
    CHECK(scraped.has("heater{device=\"cellar\"} 12.24"));
    CHECK(scraped.has("old_setpoint{device=\"cellar\"} 48"));
}
