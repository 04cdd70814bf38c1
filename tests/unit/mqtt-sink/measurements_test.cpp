// SPDX-License-Identifier: MIT
#include "mqtt-sink/measurements.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace sink;
using measurements::berlin_time;
using measurements::of_node;
using measurements::overview;
using measurements::python_number;

namespace {

constexpr std::int64_t fixture_ms = 1'530'364'575'000;
std::string const empty = "{\"measurements\":[]}\n";

// The collector's answer to its own test line.
std::string const golden =
    R"({"measurements":[{"batteryChargeEstimate":100.0,"batteryHealthEstimate":100.0,"batteryTemperature":28.0,)"
    R"("batteryVoltage":14.073,"id":1,"isPowerSaveMode":false,"isemsRevision":"1","latitude":52.507309,)"
    R"("longitude":13.458635,"lowVoltageDisconnectVoltage":11.67,"mppVoltage":18.614,"nodeId":"Elektra-Dach-Neu",)"
    R"("openCircuitVoltage":18.614,"openMPPTFirmwareVersion":"ATmega8_A_1","rateBatteryCapacity":7.0,)"
    R"("ratedSolarModuleCapacity":20.0,"status":"0x300","temperatureCorrectedVoltage":14.086,"timeToShutdown":711.0,)"
    R"("timestamp":"2018-06-30T15:16:15"}]})"
    "\n";

NodeRow fixture(std::string const& node = "Elektra-Dach-Neu", std::int64_t ts = fixture_ms,
                std::int64_t id = 1) {
    return {id,
            ts,
            "device",
            {{"name", node},
             {"revision_text", "1"},
             {"firmware_text", "ATmega8_A_1"},
             {"power_saving_code", std::int64_t{0}},
             {"reboot_countdown", 711.0},
             {"open_circuit_v", 18.614},
             {"mpp_v", 18.614},
             {"battery_v", 14.073},
             {"battery_charge_pct", 100.0},
             {"battery_health_pct", 100.0},
             {"battery_temperature_c", 28.0},
             {"low_voltage_disconnect_v", 11.67},
             {"charge_end_v", 14.086},
             {"rated_battery_ah", 7.0},
             {"rated_panel_w", 20.0},
             {"latitude_deg", 52.507309},
             {"longitude_deg", 13.458635},
             {"status_code", std::int64_t{0x300}},
             {"status_text", "fully_charged,healthy"}}};
}

NodeRow without(NodeRow row, std::string const& name) {
    std::erase_if(row.fields, [&](bridge::Reading const& reading) { return reading.name == name; });
    return row;
}

NodeRow with(NodeRow row, std::string const& name, bridge::Value value) {
    row = without(std::move(row), name);
    row.fields.push_back({name, std::move(value)});
    return row;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

std::size_t rows_in(std::string const& body) {
    std::size_t count = 0;
    for (auto at = body.find("\"nodeId\""); at != std::string::npos; at = body.find("\"nodeId\"", at + 1))
        ++count;
    return count;
}

}  // namespace

TEST_CASE("the body is the collector's byte for byte") {
    CHECK(overview({fixture()}, {}) == golden);
    CHECK(of_node({fixture()}) == golden);
}

TEST_CASE("nothing to show is an empty list") {
    CHECK(overview({}, {}) == empty);
    CHECK(of_node({}) == empty);
}

TEST_CASE("a node of 18 fields has status 0x000") {
    auto const body = of_node({without(fixture(), "status_code")});
    CHECK(has(body, R"("status":"0x000")"));
    CHECK(has(of_node({with(fixture(), "status_code", std::int64_t{0x1941})}), R"("status":"0x941")"));
    CHECK(has(of_node({with(fixture(), "status_code", 7.0)}), R"("status":"0x007")"));
}

TEST_CASE("a node's own id is shown, in ASCII") {
    CHECK(has(of_node({fixture("S\xc3\xbc\x64-Dach")}), R"("nodeId":"S\u00fcd-Dach")"));
    CHECK(has(of_node({fixture("\xf0\x9f\x8c\x9e\"\\\x7f\t")}), R"("nodeId":"\ud83c\udf1e\"\\\u007f\t")"));
    CHECK(has(of_node({without(fixture(), "name")}), R"("nodeId":"device")"));
}

TEST_CASE("what is not known is null, and every key is there") {
    NodeRow const bare{7, fixture_ms, "node", {}};
    CHECK(
        of_node({bare}) ==
        R"({"measurements":[{"batteryChargeEstimate":null,"batteryHealthEstimate":null,"batteryTemperature":null,)"
        R"("batteryVoltage":null,"id":7,"isPowerSaveMode":null,"isemsRevision":null,"latitude":null,)"
        R"("longitude":null,"lowVoltageDisconnectVoltage":null,"mppVoltage":null,"nodeId":"node",)"
        R"("openCircuitVoltage":null,"openMPPTFirmwareVersion":null,"rateBatteryCapacity":null,)"
        R"("ratedSolarModuleCapacity":null,"status":"0x000","temperatureCorrectedVoltage":null,)"
        R"("timeToShutdown":null,"timestamp":"2018-06-30T15:16:15"}]})"
        "\n");
}

TEST_CASE("power saving has levels") {
    for (std::int64_t level : {1, 2, 6})
        CHECK(has(of_node({with(fixture(), "power_saving_code", level)}), R"("isPowerSaveMode":true)"));
}

TEST_CASE("a node whose charge is not known is not in the overview") {
    CHECK(overview({without(fixture("a"), "battery_charge_pct")}, {}) == empty);
    CHECK(rows_in(overview({without(fixture("a"), "battery_charge_pct"), fixture("b")}, {})) == 1);
    CHECK(rows_in(of_node({without(fixture("a"), "battery_charge_pct")})) == 1);
}

TEST_CASE("the overview has each node once, sorted, with its newest row") {
    auto const body = overview({fixture("node-2", 2000, 4), fixture("node-1", 1000, 1),
                                fixture("node-2", 5000, 2), fixture("Node-9", 1000, 9)},
                               {});
    CHECK(rows_in(body) == 3);
    CHECK(body.find("Node-9") < body.find("node-1"));
    CHECK(body.find("node-1") < body.find("node-2"));
    CHECK(has(body, "\"id\":2"));
    CHECK_FALSE(has(body, "\"id\":4"));
}

TEST_CASE("what is older than asked for is not in the overview") {
    auto const since = bridge::Timestamp(std::chrono::milliseconds(fixture_ms));
    CHECK(overview({fixture()}, since) == empty);
    CHECK(overview({fixture("a", fixture_ms + 1)}, since) != empty);
}

TEST_CASE("of 1,441 rows the newest 1,440 are shown, newest first") {
    std::vector<NodeRow> rows;
    for (std::int64_t i = 0; i < 1441; ++i) rows.push_back(fixture("n", fixture_ms + i * 60'000, i + 1));
    std::rotate(rows.begin(), rows.begin() + 700, rows.end());
    auto const body = of_node(rows);
    CHECK(rows_in(body) == 1440);
    CHECK(has(body, "\"id\":1441,"));
    CHECK(has(body, "\"id\":2,"));
    CHECK_FALSE(has(body, "\"id\":1,"));
    CHECK(body.find("\"id\":1441,") < body.find("\"id\":1440,"));
}

TEST_CASE("times are Berlin's wall clock") {
    CHECK(berlin_time(fixture_ms) == "2018-06-30T15:16:15");
    CHECK(berlin_time(1'522'935'107'000) == "2018-04-05T15:31:47");
    CHECK(berlin_time(1'767'225'599'999) == "2026-01-01T00:59:59.999000");
    CHECK(berlin_time(1'767'225'600'120) == "2026-01-01T01:00:00.120000");
    // The last second of winter and the first of summer, and back.
    CHECK(berlin_time(1'774'745'999'000) == "2026-03-29T01:59:59");
    CHECK(berlin_time(1'774'746'000'000) == "2026-03-29T03:00:00");
    CHECK(berlin_time(1'792'889'999'000) == "2026-10-25T02:59:59");
    CHECK(berlin_time(1'792'890'000'000) == "2026-10-25T02:00:00");
}

TEST_CASE("numbers are written as Python writes them") {
    CHECK(python_number(0) == "0.0");
    CHECK(python_number(-0.0) == "-0.0");
    CHECK(python_number(100) == "100.0");
    CHECK(python_number(0.1 + 0.2) == "0.30000000000000004");
    CHECK(python_number(0.1) == "0.1");
    CHECK(python_number(0.0001) == "0.0001");
    CHECK(python_number(0.00001) == "1e-05");
    CHECK(python_number(100000) == "100000.0");
    CHECK(python_number(1234567890123456.0) == "1234567890123456.0");
    CHECK(python_number(1e16) == "1e+16");
    CHECK(python_number(-1.5e300) == "-1.5e+300");
}

TEST_CASE("the old settings mean what they meant") {
    using std::chrono::days;
    CHECK(measurements::hide_after("7") == days(7));
    CHECK(measurements::hide_after(" 7 ") == days(7));
    for (auto const* text : {"", "a week", "7.5", "-1", "99999999999"})
        CHECK(measurements::hide_after(text) == measurements::default_hide_after);
    CHECK(measurements::wants_all("true"));
    for (auto const* text : {"True", "1", "", "false"}) CHECK_FALSE(measurements::wants_all(text));
    CHECK_FALSE(measurements::wants_all({}));
}
