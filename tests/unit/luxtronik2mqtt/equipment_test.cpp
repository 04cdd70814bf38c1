// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/equipment.hpp"
#include "luxtronik2mqtt/decode.hpp"
#include "luxtronik2mqtt/smart_home.hpp"

#include "matchers.hpp"
#include "wire.hpp"

#include "catch.hpp"

#include <string>

using namespace luxtronik;
using namespace test;
using bridge::Value;

namespace {

std::optional<Value> shown(std::string const& bytes, Equipment const& equipment, std::string_view name,
                           std::string_view channel = "") {
    return value_of(must(decode(bridge::as_bytes(bytes), bridge::Timestamp{}, Selection::named, equipment)),
                    channel, name);
}

std::string refusal(std::string_view present, std::string_view absent) {
    auto const equipment = read_equipment(present, absent);
    REQUIRE_FALSE(equipment.has_value());
    CHECK(equipment.error().code == bridge::Errc::config);
    return equipment.error().detail;
}

}  // namespace

TEST_CASE("what looks like a missing sensor is a reading where the owner says that there is one") {
    auto const blocks = calculations(260, with_version({{13, 50}, {21, 50}}, "V3.79"));
    auto const equipment = must(read_equipment("external_return_temperature_c", ""));
    CHECK_FALSE(shown(blocks, {}, "external_return_temperature_c"));
    CHECK(shown(blocks, equipment, "external_return_temperature_c") == Value(5.0));
    CHECK_FALSE(shown(blocks, equipment, "mixing_circuit_1_flow_temperature_c"));
    CHECK(must(numbers(bridge::as_bytes(blocks), {"ID_WEB_Temperatur_TRL_ext"})).empty());
    CHECK(must(numbers(bridge::as_bytes(blocks), {"ID_WEB_Temperatur_TRL_ext"}, equipment))
              .at("ID_WEB_Temperatur_TRL_ext") == 5.0);
}

TEST_CASE("a part that the controller does not know of is there where the owner says so") {
    auto const blocks = calculations(260, with_version({{174, 0}, {176, 83}}, "V3.79"));
    CHECK_FALSE(shown(blocks, {}, "compressor_suction_temperature_c"));
    CHECK(shown(blocks, must(read_equipment("compressor_suction_temperature_c", "")),
                "compressor_suction_temperature_c") == Value(8.3));
}

TEST_CASE("what the owner says is absent is left out everywhere, and nothing else is") {
    auto const blocks = calculations(260, with_version({{15, 53}, {10, 227}, {80, 7}}, "V3.79")) +
                        parameters(1200, {{2, 505}, {3, 4}});
    auto const equipment = must(
        read_equipment("", " outdoor_temperature_c , dhw_setpoint_c,operation_mode_code,electric_input_w,"));
    CHECK(equipment.absent.size() == 4);
    CHECK(shown(blocks, {}, "outdoor_temperature_c") == Value(5.3));
    CHECK_FALSE(shown(blocks, equipment, "outdoor_temperature_c"));
    CHECK(shown(blocks, equipment, "flow_temperature_c") == Value(22.7));
    CHECK_FALSE(shown(blocks, equipment, "operation_mode_code"));
    CHECK(shown(blocks, equipment, "operation_mode_text").has_value());
    CHECK_FALSE(shown(blocks, equipment, "dhw_setpoint_c", "parameters"));
    CHECK(shown(blocks, equipment, "heating_mode_code", "parameters") == Value(std::int64_t{4}));
    auto const known =
        must(numbers(bridge::as_bytes(blocks),
                     {"ID_WEB_Temperatur_TA", "ID_WEB_Temperatur_TVL", "ID_WEB_WP_BZ_akt"}, equipment));
    CHECK(known == std::map<std::string, double>{{"ID_WEB_Temperatur_TVL", 22.7}});
}

TEST_CASE("a field that is absent is so in the Smart Home Interface too") {
    Registers registers;
    for (std::uint16_t i = 0; auto const number : {3, 92, 1})
        registers[{RegisterList::inputs, static_cast<std::uint16_t>(400 + i++)}] =
            static_cast<std::uint16_t>(number);
    registers[{RegisterList::inputs, 108}] = 53;
    auto const frame = smart_home_frame(registers);
    CHECK(shown(frame, {}, "outdoor_temperature_c", "smart_home") == Value(5.3));
    CHECK_FALSE(shown(frame, must(read_equipment("", "outdoor_temperature_c")), "outdoor_temperature_c",
                      "smart_home"));
}

TEST_CASE("a name that can mean nothing is refused with a sentence") {
    CHECK_THAT(refusal("", "outdoor_temp"), contains_text("\"outdoor_temp\" is no field of a heat pump"));
    CHECK_THAT(refusal("cop", ""), contains_text("\"cop\" is never taken for missing"));
    CHECK_THAT(refusal("compressor_1_output", ""),
               contains_text("\"compressor_1_output\" is never taken for missing"));
    CHECK_THAT(refusal("outdoor_temperature_c", "outdoor_temperature_c"),
               contains_text("both present and absent"));
    CHECK(must(read_equipment("", "")).absent.empty());
}
