// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/metric_file.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <string>

using namespace luxtronik;
using namespace test;

namespace {

std::string refusal(std::string const& text) {
    auto const read = parse_metric_file(text, "metric.yml");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == bridge::Errc::config);
    return read.error().detail;
}

}  // namespace

TEST_CASE("a metric file is a list of names, keys and types") {
    auto const metrics =
        must(parse_metric_file("# as the exporter had it\n"
                               "metrics:\n"
                               "  - name: heatpump_outdoor_temp_celcius\n"
                               "    key: ID_WEB_Temperatur_TA\n"
                               "    type: gauge\n"
                               "  - {type: counter, key: ID_WEB_Zaehler_BetrZeitWP, name: run_s}\n",
                               "metric.yml"));
    CHECK(metrics ==
          std::vector<ChosenMetric>{{"heatpump_outdoor_temp_celcius", "ID_WEB_Temperatur_TA", false},
                                    {"run_s", "ID_WEB_Zaehler_BetrZeitWP", true}});
    CHECK(must(parse_metric_file("metrics: []", "metric.yml")).empty());
}

TEST_CASE("what is wrong in a metric file is told with file, line and key") {
    std::string const head = "metrics:\n  - name: a\n    key: ID_WEB_Temperatur_TA\n    type: gauge\n";
    CHECK(refusal("") == "metric.yml:1: metrics: is missing");
    CHECK(refusal("metrics: 5") == "metric.yml:1: metrics: must be a list");
    CHECK(refusal(head + "more: 1\n") == "metric.yml:5: more: is not known here");
    CHECK(refusal("metrics:\n  - just a word\n") ==
          "metric.yml:2: metrics: must be a list of entries with name, key and type");
    CHECK(refusal(head + "  - name: b\n    type: gauge\n") == "metric.yml:5: key: is missing");
    CHECK(refusal(head + "  - name: b\n    key: ID_WEB_Temperatur_TA\n    type: histogram\n") ==
          "metric.yml:7: type: must be gauge or counter");
    CHECK(refusal(head + "  - name: b\n    key: ID_WEB_Nothing\n    type: gauge\n")
              .starts_with("metric.yml:6: key: is no identifier of the controller"));
    CHECK(refusal(head + "  - name: b\n    key: ID_WEB_SoftStand\n    type: gauge\n") ==
          "metric.yml:6: key: is no number");
    CHECK(refusal(head + "  - name: 2b\n    key: ID_WEB_Temperatur_TA\n    type: gauge\n")
              .starts_with("metric.yml:5: name: is no name of a metric"));
    CHECK(refusal(head + "  - name: luxtronik_b\n    key: ID_WEB_Temperatur_TA\n    type: gauge\n")
              .starts_with("metric.yml:5: name: must not begin with luxtronik"));
    CHECK(refusal(head + "  - name: a\n    key: ID_WEB_Temperatur_TVL\n    type: gauge\n") ==
          "metric.yml:5: name: a is there twice");
    CHECK(refusal(head + "  - name: [b]\n    key: ID_WEB_Temperatur_TA\n    type: gauge\n") ==
          "metric.yml:5: name: must be a word");
    CHECK(refusal(head + "  - name: b\n    unit: C\n") == "metric.yml:6: unit: is not known here");
    CHECK(refusal(head + "  - name: \"b\n").starts_with("metric.yml:"));
    CHECK(refusal("metrics:\n\t- name: b\n").starts_with("metric.yml:2: "));
    // Serial numbers and passwords are nobody's business.
    CHECK(refusal("metrics:\n  - {name: b, key: ID_WP_SerienNummer_DATUM, type: gauge}\n") ==
          "metric.yml:2: key: is no number");
}

TEST_CASE("without a file there are the older exporter's fourteen metrics") {
    auto const text = R"(metrics:
  - {name: heatpump_flow_in_temp_celcius, key: ID_WEB_Temperatur_TVL, type: gauge}
  - {name: heatpump_flow_out_temp_celcius, key: ID_WEB_Temperatur_TRL, type: gauge}
  - {name: heatpump_flow_out_target_temp_celcius, key: ID_WEB_Sollwert_TRL_HZ, type: gauge}
  - {name: heatpump_outdoor_temp_celcius, key: ID_WEB_Temperatur_TA, type: gauge}
  - {name: heatpump_outdoor_temp_avg_celcius, key: ID_WEB_Mitteltemperatur, type: gauge}
  - {name: heatpump_hotwater_measured_celsius, key: ID_WEB_Temperatur_TBW, type: gauge}
  - {name: heatpump_hotwater_target_celsius, key: ID_WEB_Einst_BWS_akt, type: gauge}
  - {name: heatpump_groundsource_in_temp_celsius, key: ID_WEB_Temperatur_TWE, type: gauge}
  - {name: heatpump_groundsource_out_temp_celsius, key: ID_WEB_Temperatur_TWA, type: gauge}
  - {name: heatpump_compressor_impulses, key: ID_WEB_Zaehler_BetrZeitImpVD1, type: counter}
  - {name: heatpump_operational_total_seconds, key: ID_WEB_Zaehler_BetrZeitWP, type: counter}
  - {name: heatpump_operational_heating_seconds, key: ID_WEB_Zaehler_BetrZeitHz, type: counter}
  - {name: heatpump_operational_hotwater_seconds, key: ID_WEB_Zaehler_BetrZeitBW, type: counter}
  - {name: heatpump_operational_cooling_seconds, key: ID_WEB_Zaehler_BetrZeitKue, type: counter}
)";
    CHECK(usual_metrics() == must(parse_metric_file(text, "metric.yml")));
}
