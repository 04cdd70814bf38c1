// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/decode.hpp"

#include <bridge/payload.hpp>
#include <bridge/recording.hpp>

#include "support/temp_folder.hpp"
#include "wire.hpp"

#include "catch.hpp"

#include <filesystem>
#include <set>
#include <tuple>

using namespace luxtronik;
using namespace test;
using bridge::Errc;
using bridge::Value;

namespace {

constexpr bridge::Timestamp noon{std::chrono::milliseconds(1'785'585'600'000)};

std::vector<bridge::Sample> decoded(std::string const& bytes, Selection selection = Selection::named) {
    auto const samples = decode(bridge::as_bytes(bytes), noon, selection);
    REQUIRE(samples.has_value());
    return *samples;
}

std::optional<Value> reading(std::string const& bytes, std::string_view name) {
    return value_of(decoded(bytes), "", name);
}

std::optional<Value> on_request(std::string const& bytes, std::string_view name,
                                std::string_view channel = "") {
    return value_of(decoded(bytes, Selection::all), channel, name);
}

Errc refusal(std::string const& bytes) {
    auto const samples = decode(bridge::as_bytes(bytes), noon);
    REQUIRE_FALSE(samples.has_value());
    return samples.error().code;
}

Value text(std::string_view value) { return std::string(value); }
Value whole(std::int64_t value) { return value; }

}  // namespace

TEST_CASE("a request is the command and a zero") {
    auto const bytes = request(Block::calculations);
    CHECK(bridge::as_text(bytes) == std::string_view("\0\0\x0b\xbc\0\0\0\0", 8));
    CHECK(bridge::as_text(request(Block::parameters)).substr(0, 4) == std::string_view("\0\0\x0b\xbb", 4));
    CHECK(bridge::as_text(request(Block::visibilities)).substr(0, 4) == std::string_view("\0\0\x0b\xbd", 4));
}

TEST_CASE("an answer says how many bytes it still needs, at every byte") {
    for (auto const& [block, bytes, header] : {std::tuple(Block::parameters, parameters(5), 8U),
                                               std::tuple(Block::calculations, calculations(5), 12U),
                                               std::tuple(Block::visibilities, visibilities(5), 8U)}) {
        for (std::size_t have = 0; have <= bytes.size() + 3; ++have) {
            CAPTURE(have);
            auto const framed = frame(block, bridge::as_bytes((bytes + "new").substr(0, have)));
            REQUIRE(framed.has_value());
            CHECK(*framed == Framed{have >= bytes.size(), have < header ? header : bytes.size()});
        }
    }
}

TEST_CASE("an answer of no values is whole with its header") {
    CHECK(must(frame(Block::calculations, bridge::as_bytes(calculations(0)))) == Framed{true, 12});
    CHECK(decoded(calculations(0) + parameters(0) + visibilities(0)).empty());
}

TEST_CASE("an answer to another request is refused as soon as it shows") {
    auto const framed = frame(Block::calculations, bridge::as_bytes(std::string_view("\0\0\x0b\xbb", 4)));
    REQUIRE_FALSE(framed.has_value());
    CHECK(framed.error().code == Errc::malformed);
}

TEST_CASE("impossible lengths are refused") {
    for (std::int64_t const count : {-1L, 10'001L, 2'147'483'647L, -2'147'483'648L}) {
        CAPTURE(count);
        auto const framed = frame(Block::parameters, bridge::as_bytes(number(3003) + number(count)));
        REQUIRE_FALSE(framed.has_value());
        CHECK(framed.error().code == Errc::malformed);
    }
    CHECK(frame(Block::visibilities, bridge::as_bytes(number(3005) + number(10'000))).has_value());
}

TEST_CASE("a busy controller is told from a broken one, before its values") {
    auto const framed = frame(Block::calculations, bridge::as_bytes(number(3004) + number(1)));
    REQUIRE_FALSE(framed.has_value());
    CHECK(framed.error().code == Errc::unsupported);
    CHECK(refusal(calculations(5, {}, 1)) == Errc::unsupported);
    CHECK(refusal(calculations(5, {}, -1)) == Errc::malformed);
}

TEST_CASE("blocks are read in any order, and each at most once") {
    Raw const values = {{10, 227}};
    auto const forward = decoded(calculations(20, values) + parameters(5) + visibilities(9));
    CHECK(decoded(visibilities(9) + parameters(5) + calculations(20, values)) == forward);
    CHECK(must(lengths(bridge::as_bytes(parameters(5) + calculations(20) + visibilities(9)))) ==
          Lengths{5, 20, 9});
    CHECK(refusal(calculations(20) + calculations(20)) == Errc::malformed);
}

TEST_CASE("a part of a block gives nothing, wherever it was cut") {
    std::string const whole_poll = calculations(12, {{10, 227}}) + parameters(4) + visibilities(3);
    std::set<std::size_t> const ends = {0, calculations(12).size(), (calculations(12) + parameters(4)).size(),
                                        whole_poll.size()};
    for (std::size_t length = 0; length <= whole_poll.size(); ++length) {
        CAPTURE(length);
        auto const samples = decode(bridge::as_bytes(whole_poll.substr(0, length)), noon);
        CHECK(samples.has_value() == (ends.count(length) > 0));
    }
    CHECK(refusal(whole_poll + "x") == Errc::malformed);
}

TEST_CASE("tenths are published as they are read") {
    for (auto const& [raw, json] : {std::pair(227, "22.7"), std::pair(-38, "-3.8"), std::pair(201, "20.1"),
                                    std::pair(0, "0.0"), std::pair(1147, "114.7")}) {
        auto const samples = decoded(calculations(20, {{10, raw}}));
        REQUIRE(samples.size() == 1);
        CHECK(bridge::to_json(samples.front(), 1).find(std::string("\"flow_temperature_c\":") + json + ",") !=
              std::string::npos);
    }
}

TEST_CASE("each datatype has its scale") {
    Raw const values = {{174, 1},       {178, 61}, {180, 1387}, {156, 640},
                        {151, 123'456}, {63, 99},  {57, 12},    {44, 1}};
    auto const bytes =
        calculations(260, values) + parameters(1200, {{1, -15}, {864, 30}, {850, 25}, {1136, 1'234'567}});
    CHECK(reading(bytes, "superheat_k") == Value(6.1));
    CHECK(reading(bytes, "high_pressure_bar") == Value(13.87));
    CHECK(reading(bytes, "analog_output_1_v") == Value(6.4));
    CHECK(reading(bytes, "heat_heating_kwh") == Value(12'345.6));
    CHECK(reading(bytes, "heat_pump_runtime_s") == whole(99));
    CHECK(reading(bytes, "compressor_1_starts_count") == whole(12));
    CHECK(reading(bytes, "compressor_1_output") == whole(1));
    CHECK(reading(bytes, "electric_heating_kwh") == Value(12'345.67));
    auto const samples = decoded(bytes);
    CHECK(value_of(samples, "parameters", "heating_correction_k") == Value(-1.5));
    CHECK(value_of(samples, "parameters", "pump_optimisation_afterrun_min") == whole(30));
    CHECK(value_of(samples, "parameters", "cooling_start_delay_h") == Value(2.5));
}

TEST_CASE("a sensor that is not connected has no value") {
    Raw const values = {{15, -500}, {19, -500}, {20, 84},  {13, 50},
                        {21, 750},  {27, 1500}, {26, 750}, {17, 50}};
    auto const bytes = calculations(260, values);
    CHECK_FALSE(reading(bytes, "outdoor_temperature_c"));
    CHECK_FALSE(reading(bytes, "source_in_temperature_c"));
    CHECK(reading(bytes, "source_out_temperature_c") == Value(8.4));
    CHECK_FALSE(reading(bytes, "external_return_temperature_c"));
    CHECK_FALSE(reading(bytes, "mixing_circuit_1_flow_temperature_c"));
    CHECK_FALSE(reading(bytes, "solar_tank_temperature_c"));
    CHECK(reading(bytes, "solar_collector_temperature_c") == Value(75.0));
    CHECK(reading(bytes, "dhw_temperature_c") == Value(5.0));
}

TEST_CASE("what a type cannot mean is left out") {
    Raw const values = {{10, 335'364}, {11, -2000},   {44, 2}, {151, 2'147'483'647},
                        {63, -1},      {180, 20'000}, {174, 1}};
    auto const samples = decoded(calculations(260, values));
    for (auto const* name : {"flow_temperature_c", "return_temperature_c", "compressor_1_output",
                             "heat_heating_kwh", "heat_pump_runtime_s", "high_pressure_bar"}) {
        INFO(name);
        CHECK_FALSE(value_of(samples, "", name));
    }
}

TEST_CASE("equipment that is not built in has no values") {
    CHECK_FALSE(reading(calculations(260, {{174, 0}, {180, 0}}), "high_pressure_bar"));
    CHECK(reading(calculations(260, {{174, 1}, {178, 0}}), "superheat_k") == Value(0.0));
    CHECK_FALSE(reading(calculations(260, {{151, 0}, {155, 0}}), "heating_flow_l_h"));
    CHECK(reading(calculations(260, {{151, 9}, {155, 0}}), "heating_flow_l_h") == whole(0));
}

TEST_CASE("a code has its text, and one that nobody knows is not lost") {
    CHECK(reading(calculations(100, {{80, 7}}), "operation_mode_text") == text("cooling"));
    for (int const code : {26, 27, 999, -3}) {
        auto const bytes = calculations(100, {{80, code}});
        CHECK(reading(bytes, "operation_mode_code") == whole(code));
        CHECK(reading(bytes, "operation_mode_text") == text("unknown " + std::to_string(code)));
    }
    CHECK(on_request(calculations(120, {{106, 26}}), "ID_WEB_Switchoff_file_Nr0_text") ==
          text("max. return temperature"));
    CHECK(on_request(calculations(120, {{106, 28}}), "ID_WEB_Switchoff_file_Nr0_text") == text("unknown 28"));
}

TEST_CASE("the firmware's version is read with either filling, and not from noise") {
    CHECK(reading(calculations(91, with_version({}, "V1.80")), "firmware_text") == text("V1.80"));
    CHECK(reading(calculations(91, with_version({}, "V3.90.1   ")), "firmware_text") == text("V3.90.1"));
    CHECK_FALSE(reading(calculations(91, with_version({{83, 7}}, "V3")), "firmware_text"));
    CHECK_FALSE(reading(calculations(91, with_version({{83, 335'364}}, "V3")), "firmware_text"));
    CHECK_FALSE(reading(calculations(83, with_version({}, "V3.79")), "firmware_text"));
}

TEST_CASE("the setpoint of the hot water is where the firmware keeps it") {
    auto const setpoint = [](std::string_view version) {
        auto const samples =
            decoded(calculations(91, with_version({}, version)) + parameters(120, {{2, 480}, {105, 520}}));
        return value_of(samples, "parameters", "dhw_setpoint_c");
    };
    CHECK(setpoint("V1.80") == Value(48.0));
    CHECK(setpoint("V3.90.0") == Value(48.0));
    CHECK(setpoint("V3.90.1") == Value(52.0));
    CHECK(setpoint("V3.92.3") == Value(52.0));
    CHECK_FALSE(setpoint(""));
    CHECK_FALSE(setpoint("beta"));
}

TEST_CASE("power is there only with firmware that has it") {
    CHECK(reading(calculations(267, with_version({{257, 8800}}, "V3.88.0")), "heat_output_w") == whole(8800));
    CHECK_FALSE(reading(calculations(267, with_version({{257, 8800}}, "V3.79")), "heat_output_w"));
}

TEST_CASE("a block longer than the table gives the rest on request only") {
    auto const bytes = calculations(300, {{299, -7}}) + parameters(1201, {{1200, 4}}) + visibilities(398);
    CHECK_FALSE(reading(bytes, "Unknown_Calculation_299"));
    CHECK(on_request(bytes, "Unknown_Calculation_299") == whole(-7));
    CHECK(on_request(bytes, "Unknown_Parameter_1200", "parameters") == whole(4));
    CHECK(on_request(bytes, "Unknown_Visibility_397", "visibilities") == whole(1));
}

TEST_CASE("on request every value is there in its form") {
    auto const bytes =
        calculations(260, {{91, -1'062'731'708}, {92, -256}, {95, 0}, {96, 1'500'921'119}, {258, 203}}) +
        parameters(1200, {{223, 22 * 3600 + 1800}, {224, 61}, {900, 90 << 16 | 75}, {901, 9000}, {1020, 5}});
    CHECK(on_request(bytes, "ID_WEB_AdresseIP_akt") == text("192.168.0.68"));
    CHECK(on_request(bytes, "ID_WEB_SubNetMask_akt") == text("255.255.255.0"));
    CHECK_FALSE(on_request(bytes, "ID_WEB_ERROR_Time0"));
    CHECK(on_request(bytes, "ID_WEB_ERROR_Time1") == whole(1'500'921'119));
    CHECK(on_request(bytes, "room_unit_firmware_text") == text("2.03"));
    auto const samples = decoded(bytes, Selection::all);
    std::set<std::string> texts;
    for (auto const& sample : samples) {
        for (auto const& value : sample.readings) {
            if (auto const* found = std::get_if<std::string>(&value.value)) texts.insert(*found);
        }
    }
    CHECK(texts.count("22:30") == 1);
    CHECK(texts.count("0:01:01") == 1);
    CHECK(texts.count("1:15-1:30") == 1);
    CHECK(on_request(bytes, "dhw_reheating_limit_h", "parameters") == Value(3.5));
}

TEST_CASE("passwords and serial numbers are never published") {
    Raw secrets;
    for (std::size_t const index : {755U, 760U, 874U, 875U, 876U, 106U, 107U}) secrets[index] = 424'242;
    for (auto const& sample : decoded(parameters(1200, secrets), Selection::all)) {
        for (auto const& value : sample.readings) {
            INFO(value.name);
            CHECK(value.value != whole(424'242));
        }
    }
}

TEST_CASE("no name comes twice in a sample") {
    auto const version = GENERATE("V1.80", "V3.92.3", "");
    auto const selection = GENERATE(Selection::named, Selection::all);
    auto const bytes = calculations(300, with_version({}, version)) + parameters(1250) + visibilities(400);
    for (auto const& sample : decoded(bytes, selection)) {
        std::set<std::string> names;
        for (auto const& value : sample.readings) {
            INFO(value.name);
            CHECK(names.insert(value.name).second);
        }
    }
}

TEST_CASE("the older exporter's fourteen metrics are in the table") {
    std::set<std::tuple<std::string_view, std::string_view, bool>> found;
    for (auto const& field : field_table()) {
        if (!field.metric.empty()) found.emplace(field.metric, field.identifier, field.metric_is_counter);
    }
    CHECK(found == decltype(found){
                       {"heatpump_outdoor_temp_celcius", "ID_WEB_Temperatur_TA", false},
                       {"heatpump_outdoor_temp_avg_celcius", "ID_WEB_Mitteltemperatur", false},
                       {"heatpump_flow_in_temp_celcius", "ID_WEB_Temperatur_TVL", false},
                       {"heatpump_flow_out_temp_celcius", "ID_WEB_Temperatur_TRL", false},
                       {"heatpump_flow_out_target_temp_celcius", "ID_WEB_Sollwert_TRL_HZ", false},
                       {"heatpump_hotwater_measured_celsius", "ID_WEB_Temperatur_TBW", false},
                       {"heatpump_hotwater_target_celsius", "ID_WEB_Einst_BWS_akt", false},
                       {"heatpump_groundsource_in_temp_celsius", "ID_WEB_Temperatur_TWE", false},
                       {"heatpump_groundsource_out_temp_celsius", "ID_WEB_Temperatur_TWA", false},
                       {"heatpump_operational_total_seconds", "ID_WEB_Zaehler_BetrZeitWP", true},
                       {"heatpump_operational_heating_seconds", "ID_WEB_Zaehler_BetrZeitHz", true},
                       {"heatpump_operational_hotwater_seconds", "ID_WEB_Zaehler_BetrZeitBW", true},
                       {"heatpump_operational_cooling_seconds", "ID_WEB_Zaehler_BetrZeitKue", true},
                       {"heatpump_compressor_impulses", "ID_WEB_Zaehler_BetrZeitImpVD1", true},
                   });
}

TEST_CASE("faults and switch-offs come out in the order of time, and those that never were are left out") {
    // The times of a capture whose newest switch-off is in slot 3.
    auto const bytes = calculations(130, {{95, 1500000000},
                                          {100, 701},
                                          {96, 1400000000},
                                          {101, 999},
                                          {97, 0},
                                          {102, 702},
                                          {98, 1300000000},
                                          {103, 0},
                                          {111, 1500921119},
                                          {112, 1500955562},
                                          {113, 1500960680},
                                          {114, 1501045864},
                                          {115, 1500876429},
                                          {106, 1},
                                          {107, 26},
                                          {108, 27},
                                          {109, 9},
                                          {110, 1}});
    auto const all = must(history(bridge::as_bytes(bytes)));
    std::vector<std::string> ids;
    for (auto const& occurrence : all) ids.push_back(occurrence.id);
    CHECK(ids == std::vector<std::string>{"fault-1400000000-999", "fault-1500000000-701",
                                          "switch_off-1500876429-1", "switch_off-1500921119-1",
                                          "switch_off-1500955562-26", "switch_off-1500960680-27",
                                          "switch_off-1501045864-9"});
    CHECK(all[0].text == "unknown 999 (999)");
    CHECK(all[1].text == "error low pressure (701)");
    CHECK(all[1].kind == "fault");
    CHECK(all[1].severity == bridge::Severity::error);
    CHECK(all[1].time == bridge::Timestamp(std::chrono::seconds(1500000000)));
    CHECK(all.back().severity == bridge::Severity::info);
}

TEST_CASE("the golden controllers' switch-offs come out in the order of time, and their codes are kept") {
    struct Golden {
        char const* name;
        std::vector<std::string> ids;
    };
    auto const golden =
        GENERATE(Golden{"firmware_1_80",
                        {"fault-1490786035-715", "fault-1491864454-999", "fault-1492026366-715",
                         "fault-1492170849-715", "switch_off-1500876429-1", "switch_off-1500921119-9",
                         "switch_off-1500955562-26", "fault-1500955563-716", "switch_off-1500960680-27",
                         "switch_off-1501045864-999"}},
                 Golden{"firmware_3_92",
                        {"fault-1730000000-26", "fault-1764979200-717", "switch_off-1785400000-26",
                         "switch_off-1785450000-999", "switch_off-1785500000-27", "switch_off-1785520000-9",
                         "switch_off-1785530000-9"}});
    INFO(golden.name);
    auto const frames = must(
        bridge::read_recording(read_file(std::filesystem::path(GOLDEN_CASES) / golden.name / "input.txt")));
    REQUIRE(frames.size() == 1);
    std::vector<std::string> ids;
    for (auto const& occurrence : must(history(bridge::as_bytes(frames.front().bytes))))
        ids.push_back(occurrence.id);
    CHECK(ids == golden.ids);
}

TEST_CASE("the second circuit's switch-offs are told apart") {
    auto const bytes = calculations(
        230, {{106, 9}, {111, 1500000000}, {217, 9}, {222, 1500000000}, {218, 28}, {223, 1400000000}});
    auto const all = must(history(bridge::as_bytes(bytes)));
    REQUIRE(all.size() == 3);
    CHECK(all[0].id == "switch_off_2-1400000000-28");
    CHECK(all[0].text == "unknown 28 (28)");
    CHECK(all[1].id == "switch_off-1500000000-9");
    CHECK(all[2].id == "switch_off_2-1500000000-9");
    CHECK(all[1].text == all[2].text);
}

TEST_CASE("a block that ends before its history has none, and half a block is refused") {
    CHECK(must(history(bridge::as_bytes(calculations(90)))).empty());
    CHECK(must(history(bridge::as_bytes(parameters(200, {{95, 5}, {100, 5}})))).empty());
    CHECK_FALSE(history(bridge::as_bytes(calculations(130).substr(0, 200))).has_value());
}
