// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/smart_home.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace luxtronik;
using bridge::Errc;
using bridge::Value;
using test::must;
using test::value_of;

namespace {

constexpr bridge::Timestamp received{};

RegisterPlace input(int index) { return {RegisterList::inputs, static_cast<std::uint16_t>(index)}; }
RegisterPlace holding(int index) { return {RegisterList::holdings, static_cast<std::uint16_t>(index)}; }

/// A controller that has nothing but a version.
Registers with_version(int major, int minor, int patch) {
    Registers registers;
    int index = 400;
    for (int const number : {major, minor, patch})
        registers[input(index++)] = static_cast<std::uint16_t>(number);
    return registers;
}

std::vector<bridge::Sample> decoded(Registers const& registers, Selection selection = Selection::named) {
    return must(decode(bridge::as_bytes(smart_home_frame(registers)), received, selection));
}

std::optional<Value> shown(Registers const& registers, std::string_view name) {
    return value_of(decoded(registers), "smart_home", name);
}

/// What the notes on the protocol say of a register: S and U tenths in 16 bits with and without a sign, E
/// tenths in 32 bits, P and Q hundreds of watts with and without a sign, W a number.
struct Known {
    char type;
    int index;
    char const* name;
};
constexpr std::array known = {
    Known{'U', 100, "return_temperature_c"},
    Known{'U', 101, "return_target_temperature_c"},
    Known{'U', 102, "external_return_temperature_c"},
    Known{'U', 105, "flow_temperature_c"},
    Known{'S', 103, "return_limit_c"},
    Known{'S', 104, "return_target_minimum_c"},
    Known{'S', 106, "room_temperature_c"},
    Known{'S', 107, "heating_limit_c"},
    Known{'S', 108, "outdoor_temperature_c"},
    Known{'S', 109, "outdoor_temperature_mean_c"},
    Known{'S', 110, "source_in_temperature_c"},
    Known{'S', 111, "source_out_temperature_c"},
    Known{'U', 112, "flow_maximum_c"},
    Known{'S', 120, "dhw_temperature_c"},
    Known{'S', 122, "dhw_minimum_c"},
    Known{'S', 123, "dhw_maximum_c"},
    Known{'S', 124, "dhw_limit_c"},
    Known{'U', 121, "dhw_target_temperature_c"},
    Known{'S', 140, "mixing_circuit_1_flow_temperature_c"},
    Known{'S', 141, "mixing_circuit_1_flow_target_temperature_c"},
    Known{'S', 142, "mixing_circuit_1_flow_minimum_c"},
    Known{'S', 143, "mixing_circuit_1_flow_maximum_c"},
    Known{'S', 150, "mixing_circuit_2_flow_temperature_c"},
    Known{'S', 151, "mixing_circuit_2_flow_target_temperature_c"},
    Known{'S', 152, "mixing_circuit_2_flow_minimum_c"},
    Known{'S', 153, "mixing_circuit_2_flow_maximum_c"},
    Known{'S', 160, "mixing_circuit_3_flow_temperature_c"},
    Known{'S', 161, "mixing_circuit_3_flow_target_temperature_c"},
    Known{'S', 162, "mixing_circuit_3_flow_minimum_c"},
    Known{'S', 163, "mixing_circuit_3_flow_maximum_c"},
    Known{'W', 203, "compressor_off_minimum_min"},
    Known{'W', 204, "compressor_run_minimum_min"},
    Known{'P', 300, "heat_output_w"},
    Known{'Q', 301, "electric_input_w"},
    Known{'Q', 302, "electric_input_predicted_minimum_w"},
    Known{'E', 310, "electric_total_kwh"},
    Known{'E', 312, "electric_heating_kwh"},
    Known{'E', 314, "electric_dhw_kwh"},
    Known{'E', 316, "electric_cooling_kwh"},
    Known{'E', 318, "electric_pool_kwh"},
    Known{'E', 320, "heat_total_kwh"},
    Known{'E', 322, "heat_heating_kwh"},
    Known{'E', 324, "heat_dhw_kwh"},
    Known{'E', 326, "heat_cooling_kwh"},
    Known{'E', 328, "heat_pool_kwh"},
};

}  // namespace

TEST_CASE("registers show what the notes on the protocol say of them") {
    std::mt19937 random(6);
    auto const between = [&](int least, int most) {
        return std::uniform_int_distribution<int>(least, most)(random);
    };
    for (int round = 0; round < 10'000; ++round) {
        Known const& one = known.at(static_cast<std::size_t>(between(0, known.size() - 1)));
        auto registers = with_version(3, 92, 1);
        auto const put = [&](int index, int raw) {
            registers[input(index)] = static_cast<std::uint16_t>(raw & 0xffff);
        };
        INFO(one.name << " round " << round);
        switch (one.type) {
            case 'S': {
                bool const there = between(0, 9) > 0;
                int const raw = there ? between(-1000, 3000) : 0x7fff;
                put(one.index, raw);
                CHECK(shown(registers, one.name) ==
                      (there ? std::optional<Value>(raw / 10.0) : std::optional<Value>()));
                break;
            }
            case 'U': {
                int const raw = between(0, 3000);
                put(one.index, raw);
                CHECK(shown(registers, one.name) == Value(raw / 10.0));
                break;
            }
            case 'E': {
                int const raw = between(0, 999'999'999);
                put(one.index, raw >> 16);
                put(one.index + 1, raw);
                CHECK(shown(registers, one.name) == Value(raw / 10.0));
                break;
            }
            case 'W': {
                int const raw = between(0, 10'000);
                put(one.index, raw);
                CHECK(shown(registers, one.name) == Value(std::int64_t{raw}));
                break;
            }
            default: {
                int const raw = between(one.type == 'P' ? -1000 : 0, 10'000);
                put(one.index, raw);
                CHECK(shown(registers, one.name) == Value(std::int64_t{raw} * 100));
            }
        }
    }
}

TEST_CASE("each bit of the pump's state is a value of its own") {
    constexpr std::array names = {"compressor_1_output", "compressor_2_output", "second_heater_1_output",
                                  "second_heater_2_output", "second_heater_3_output"};
    for (int mask = 0; mask < 32; ++mask) {
        auto registers = with_version(3, 90, 1);
        registers[input(0)] = static_cast<std::uint16_t>(mask);
        for (std::size_t bit = 0; bit < names.size(); ++bit) {
            INFO(mask << ' ' << names.at(bit));
            CHECK(shown(registers, names.at(bit)) == Value(std::int64_t{(mask >> bit) % 2}));
        }
    }
}

TEST_CASE("a code has its text, and an unknown one is said as such") {
    auto registers = with_version(3, 90, 1);
    registers[input(2)] = 3;
    registers[input(3)] = 2;
    registers[input(201)] = 716;
    registers[input(202)] = 27;
    registers[input(4)] = 0x7fff;
    CHECK(shown(registers, "operation_mode_code") == Value(std::int64_t{3}));
    CHECK(shown(registers, "operation_mode_text") == Value("utility lock"));
    CHECK(shown(registers, "heating_status_text") == Value("requested"));
    CHECK(shown(registers, "error_text") == Value("error high pressure"));
    CHECK(shown(registers, "buffer_type_code") == Value(std::int64_t{27}));
    CHECK(shown(registers, "buffer_type_text") == Value("unknown 27"));
    CHECK_FALSE(shown(registers, "dhw_status_code").has_value());
}

TEST_CASE("what is missing, or only half there, or cannot be meant, is not shown") {
    auto registers = with_version(3, 92, 1);
    registers[input(310)] = 1;
    registers[input(105)] = 0x7fff;
    registers[input(312)] = 0x8000;
    registers[input(313)] = 0;
    CHECK_FALSE(shown(registers, "electric_total_kwh").has_value());
    CHECK_FALSE(shown(registers, "flow_temperature_c").has_value());
    CHECK_FALSE(shown(registers, "electric_heating_kwh").has_value());
    CHECK_FALSE(shown(registers, "return_temperature_c").has_value());
    CHECK(shown(registers, "firmware_text") == Value("V3.92.1"));
}

TEST_CASE("registers of unknown meaning are shown on request only") {
    auto registers = with_version(3, 92, 1);
    registers[input(113)] = 12;
    auto const has = [&](Selection selection) {
        return value_of(decoded(registers, selection), "smart_home", "unknown_input_113").has_value();
    };
    CHECK_FALSE(has(Selection::named));
    CHECK(has(Selection::all));
}

TEST_CASE("firmware before the interface gives nothing, and says why") {
    auto const refused = decode(bridge::as_bytes(smart_home_frame(with_version(3, 90, 0))), received);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::unsupported);
    CHECK(refused.error().detail.find("V3.90.0") != std::string::npos);
    CHECK(smart_home_release({}).error().code == Errc::malformed);
    CHECK(smart_home_release(with_version(4, 0, 0)).has_value());
}

TEST_CASE("a frame of registers is whole or refused") {
    auto registers = with_version(3, 92, 1);
    registers[holding(1)] = 0xffee;
    auto const frame = smart_home_frame(registers);
    CHECK(must(smart_home_registers(bridge::as_bytes(frame))) == registers);
    for (std::size_t size = 0; size < frame.size(); ++size) {
        INFO(size);
        bool const whole = size >= 4 && (size - 4) % 5 == 0;
        CHECK(smart_home_registers(bridge::as_bytes(frame.substr(0, size))).has_value() == whole);
    }
    CHECK_FALSE(smart_home_registers(bridge::as_bytes(frame + frame.substr(4, 5))).has_value());
    auto other = frame;
    other[4] = 5;
    CHECK_FALSE(smart_home_registers(bridge::as_bytes(other)).has_value());
}

TEST_CASE("nothing outside of a holding's bounds can be written") {
    auto const write = [](std::string_view name, Value const& value) {
        auto const* field = holding_named(name);
        REQUIRE(field != nullptr);
        auto const raw = raw_of(*field, value);
        return raw ? int{*raw} : -1;
    };
    CHECK(write("heating_override_setpoint", 42.5) == 425);
    CHECK(write("heating_override_setpoint", 75.0) == 750);
    CHECK(write("heating_override_setpoint", 75.1) == -1);
    CHECK(write("heating_override_setpoint", 14.9) == -1);
    CHECK(write("heating_override_setpoint", 42.55) == -1);
    CHECK(write("heating_override_setpoint", std::nan("")) == -1);
    CHECK(write("heating_override_setpoint", 1e300) == -1);
    CHECK(write("dhw_override_setpoint", 29.9) == -1);
    CHECK(write("heating_override_offset", -1.5) == 0x10000 - 15);
    CHECK(write("heating_override_offset", -20.1) == -1);
    CHECK(write("mixing_circuit_1_heating_override_offset", 5.1) == -1);
    CHECK(write("power_limit_override", std::int64_t{4200}) == 42);
    CHECK(write("power_limit_override", std::int64_t{4250}) == -1);
    CHECK(write("power_limit_override", std::int64_t{30'100}) == -1);
    CHECK(write("heating_override_mode", "Offset") == 2);
    CHECK(write("heating_override_mode", "offset") == -1);
    CHECK(write("power_limit_override_mode", "Hard limit") == 2);
    CHECK(write("heating_lock", std::int64_t{1}) == 1);
    CHECK(write("heating_lock", std::int64_t{2}) == -1);
    CHECK(write("heating_lock", "on") == -1);
}

TEST_CASE("every holding but the unknown one can be written, and nothing else") {
    int writable = 0;
    for (auto const& field : smart_home_table()) {
        INFO(field.identifier);
        bool const is_holding = field.place.list == RegisterList::holdings;
        if (is_holding && field.place.index != 60) ++writable;
        CHECK((holding_named(field.identifier) == nullptr));
        if (!is_holding || field.place.index == 60) continue;
        REQUIRE(holding_named(override_name(field)) == &field);
        CHECK(field.least <= field.usual);
        CHECK(field.usual <= field.most);
    }
    CHECK(writable == 40);
    CHECK(holding_named("return_temperature_c") == nullptr);
    CHECK(holding_named("") == nullptr);
}
