// SPDX-License-Identifier: MIT
// Where the community's tables are wrong or depend on the firmware; each was reported by users of heat pumps.
#include "luxtronik2mqtt/decode.hpp"
#include "luxtronik2mqtt/fields.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <set>

using namespace luxtronik;
using namespace test;
using bridge::Value;

namespace {

Value whole(std::int64_t value) { return value; }

/// What a controller of this firmware shows.
class Shown {
  public:
    Shown(std::string_view version, Raw const& measured, Raw const& set, Selection selection = Selection::all)
        : samples_(must(decode(
              bridge::as_bytes(calculations(275, with_version(measured, version)) + parameters(1200, set)),
              bridge::Timestamp{}, selection))) {}

    [[nodiscard]] std::optional<Value> operator[](std::string_view name) const {
        auto const reading = value_of(samples_, "", name);
        return reading ? reading : value_of(samples_, "parameters", name);
    }

  private:
    std::vector<bridge::Sample> samples_;
};

}  // namespace

TEST_CASE("energy among the parameters is in hundredths of a kWh, in the calculations in tenths") {
    auto const version = GENERATE("V1.73", "V2.88.3", "V3.92.1");
    Shown const shown(version, {{151, 123'456}, {152, 4567}, {154, 89}},
                      {{852, 2'566'896},
                       {854, 3'317'260},
                       {878, 448'201},
                       {879, 7},
                       {1135, 1},
                       {1136, 123'456},
                       {1137, 12'345},
                       {1138, 99},
                       {1139, 1234}});
    CHECK(shown["heat_heating_kwh"] == Value(12'345.6));
    CHECK(shown["heat_dhw_kwh"] == Value(456.7));
    CHECK(shown["heat_since_reset_kwh"] == Value(8.9));
    CHECK(shown["ID_Waermemenge_Seit"] == Value(25'668.96));
    CHECK(shown["ID_Waermemenge_Hz"] == Value(33'172.6));
    CHECK(shown["ID_Waermemenge_BW"] == Value(4482.01));
    CHECK(shown["ID_Waermemenge_SW"] == Value(0.07));
    CHECK(shown["Unknown_Parameter_1135"] == Value(0.01));
    CHECK(shown["electric_heating_kwh"] == Value(1234.56));
    CHECK(shown["electric_dhw_kwh"] == Value(123.45));
    CHECK(shown["Unknown_Parameter_1138"] == Value(0.99));
    CHECK(shown["electric_cooling_kwh"] == Value(12.34));
}

TEST_CASE("the second heater's energy is where and in the unit in which the firmware counts it") {
    auto const energy = [](std::string_view version) {
        return Shown(version, {}, {{1059, 1224}, {1140, 2572}})["second_heater_energy_kwh"];
    };
    CHECK(energy("V1.88.3") == Value(12.24));
    CHECK(energy("V2.88.3") == Value(12.24));
    CHECK(energy("V3.79") == Value(122.4));
    CHECK(energy("V3.90.3") == Value(122.4));
    CHECK(energy("V3.92.0") == Value(257.2));
    CHECK(energy("V3.92.3") == Value(257.2));
    CHECK_FALSE(energy(""));
}

TEST_CASE("a place whose meaning the firmware does not tell is on request only, and there once") {
    Shown const shown("", {}, {{1059, 1224}});
    CHECK_FALSE(shown["second_heater_energy_kwh"]);
    CHECK(shown["ID_Waermemenge_ZWE"].has_value());
}

TEST_CASE(
    "analog outputs and the efficiency pump are in hundredths of a volt, analog inputs in nobody knows "
    "what") {
    Shown const shown(
        "V3.88.0",
        {{156, 1000}, {157, 999}, {162, 1}, {163, 50}, {164, 640}, {165, 305}, {147, 77}, {168, 78}},
        {{867, 1000}, {868, 305}});
    CHECK(shown["analog_output_1_v"] == Value(10.0));
    CHECK(shown["analog_output_2_v"] == Value(9.99));
    CHECK(shown["analog_output_3_v"] == Value(0.01));
    CHECK(shown["analog_output_4_v"] == Value(0.5));
    CHECK(shown["supply_air_fan_v"] == Value(6.4));
    CHECK(shown["extract_air_fan_v"] == Value(3.05));
    CHECK(shown["efficiency_pump_nominal_v"] == Value(10.0));
    CHECK(shown["efficiency_pump_minimum_v"] == Value(3.05));
    CHECK(shown["ID_WEB_AnalogIn_code"] == std::nullopt);
    CHECK(shown["ID_WEB_AnalogIn"] == whole(77));
    CHECK(shown["ID_WEB_AnalogIn2"] == whole(78));
}

TEST_CASE("the ventilation's times are windows of minutes") {
    Shown const shown("V3.88.0", {}, {{896, 90 << 16 | 75}, {955, 1440 << 16}, {900, 1441}});
    CHECK(shown["ID_Einst_SuLufWo_zeit_0_0_0"] == Value("1:15-1:30"));
    CHECK(shown["ID_Einst_SuLufTg_zeit_1_2_12"] == Value("0:00-24:00"));
    CHECK_FALSE(shown["ID_Einst_SuLuf25_zeit_0_1_0"]);
}

TEST_CASE("the second contact of the smart grid is where the hardware has it") {
    auto const contact = [](std::string_view version, Raw const& measured, Raw const& set) {
        return Shown(version, measured, set)["smart_grid_2_input"];
    };
    // On Luxtronik 2.0 it drives the input of the room station to an end of its range.
    CHECK(contact("V1.90.0", {{23, -50}}, {{33, 0}}) == whole(1));
    CHECK(contact("V1.90.0", {{23, 50}}, {{33, 0}}) == whole(0));
    CHECK_FALSE(contact("V1.90.0", {{23, 0}}, {{33, 0}}));
    CHECK_FALSE(contact("V1.90.0", {{23, -49}, {185, 1}}, {{33, 0}}));
    // With a room station it is that one's.
    CHECK_FALSE(contact("V1.90.0", {{23, -50}}, {{33, 1}}));
    CHECK(Shown("V1.90.0", {{23, 213}}, {{33, 1}})["room_station_1_temperature_c"] == Value(21.3));
    CHECK_FALSE(Shown("V1.90.0", {{23, -50}}, {{33, 0}})["room_station_1_temperature_c"]);
    CHECK(contact("V2.88.3", {{185, 1}}, {}) == whole(1));
    CHECK(contact("V3.92.1", {{185, 0}}, {}) == whole(0));
    CHECK_FALSE(contact("V3.92.1", {{23, -50}, {185, 2}}, {}));
}

TEST_CASE("flow and powers are there from firmware 3.88 on") {
    Raw const measured = {{254, 597}, {257, 2541}, {268, 531}};
    Shown const old("V3.79", measured, {}), young("V3.88.0", measured, {});
    CHECK_FALSE(old["flow_rate_l_h"]);
    CHECK_FALSE(old["heat_output_w"]);
    CHECK_FALSE(old["electric_input_w"]);
    CHECK(young["flow_rate_l_h"] == whole(597));
    CHECK(young["heat_output_w"] == whole(2541));
    CHECK(young["electric_input_w"] == whole(531));
}

TEST_CASE("the power limit is a switch and tenths of a kW") {
    Shown const shown("V3.92.1", {}, {{1158, 1}, {1159, 42}, {1025, 60}});
    CHECK(shown["power_limit_enabled"] == whole(1));
    CHECK(shown["power_limit_w"] == whole(4200));
    CHECK(shown["second_heater_power_w"] == whole(6000));
}

TEST_CASE("the fixed frequency for hot water is a code") {
    auto const frequency = [](std::int64_t raw) {
        return Shown("V3.88.0", {}, {{1045, raw}})["dhw_frequency_hz"];
    };
    CHECK_FALSE(frequency(0));
    CHECK(frequency(1) == whole(20));
    CHECK(frequency(35) == whole(54));
    CHECK(frequency(101) == whole(120));
    CHECK_FALSE(frequency(102));
}

TEST_CASE("holidays are times, and the first of 2007 is none") {
    Shown const shown("V3.88.0", {},
                      {{6, 1'785'585'600}, {731, 1'785'499'200}, {7, 1'167'609'600}, {732, 0}});
    CHECK(shown["heating_holiday_end_s"] == whole(1'785'585'600));
    CHECK(shown["heating_holiday_start_s"] == whole(1'785'499'200));
    CHECK_FALSE(shown["dhw_holiday_end_s"]);
    CHECK_FALSE(shown["dhw_holiday_start_s"]);
}

TEST_CASE("what belongs to equipment that is not there has no value, though its places are") {
    Raw set;
    for (std::size_t index = 0; index < 1200; ++index) set[index] = 0;
    Shown const bare("V3.92.3", {}, set, Selection::named);
    for (auto const* name : {"circuit_2_superheat_k",
                             "circuit_2_compressor_output",
                             "heat_pump_2_type_code",
                             "evi_superheat_k",
                             "inverter_voltage_v",
                             "inverter_subcooling_k",
                             "evaporation_temperature_c",
                             "compressor_frequency_minimum_hz",
                             "source_spread_k",
                             "heating_spread_k",
                             "compressor_heater_output",
                             "heating_pump_automatic",
                             "heating_pump_limit_pct",
                             "supply_air_temperature_c",
                             "solar_collector_temperature_c",
                             "solar_tank_temperature_c",
                             "mixing_circuit_3_flow_maximum_c",
                             "room_station_2_temperature_c",
                             "dhw_top_temperature_c",
                             "desired_room_temperature_c"}) {
        INFO(name);
        CHECK_FALSE(bare[name]);
    }
    Shown const rich("V3.92.3",
                     {{174, 1},
                      {182, 1},
                      {190, 203},
                      {196, -12},
                      {200, 33},
                      {230, 71},
                      {208, 44},
                      {232, 0},
                      {233, 312},
                      {238, 120},
                      {237, 20},
                      {239, 30},
                      {240, 0},
                      {242, 50},
                      {243, -4}},
                     {{1032, 80}, {1033, 1}}, Selection::named);
    CHECK(rich["compressor_heater_output"] == whole(1));
    CHECK(rich["evi_superheat_k"] == Value(-1.2));
    CHECK(rich["inverter_subcooling_k"] == Value(3.3));
    CHECK(rich["circuit_2_superheat_k"] == Value(4.4));
    CHECK(rich["heat_pump_2_type_code"] == whole(71));
    CHECK(rich["evaporation_temperature_c"] == Value(0.0));
    CHECK(rich["compressor_frequency_minimum_hz"] == whole(20));
    CHECK(rich["source_spread_k"] == Value(0.0));
    CHECK(rich["heating_spread_k"] == Value(-0.4));
    CHECK(rich["heating_pump_automatic"] == whole(1));
}

TEST_CASE("at least 200 fields have names of ours, and each keeps the controller's identifier") {
    std::set<std::string_view> names;
    for (auto const& field : field_table()) {
        if (field.name.empty()) continue;
        INFO(field.name);
        CHECK_FALSE(field.identifier.empty());
        names.insert(field.name);
    }
    CHECK(names.size() >= 200);
    CHECK(named_fields().size() == names.size());
}
