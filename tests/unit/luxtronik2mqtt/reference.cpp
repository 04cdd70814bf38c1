// SPDX-License-Identifier: MIT
#include "reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace test {

namespace {

constexpr auto calculations = List::calculations;
constexpr auto parameters = List::parameters;

Place const all_places[] = {
    {calculations, 10, "flow_temperature_c", "Celsius", {-500}},
    {calculations, 11, "return_temperature_c", "Celsius", {-500}},
    {calculations, 12, "return_target_temperature_c", "Celsius"},
    {calculations, 13, "external_return_temperature_c", "Celsius", {-500, 0, 50, 750}},
    {calculations, 14, "hot_gas_temperature_c", "Celsius", {-500}},
    {calculations, 15, "outdoor_temperature_c", "Celsius", {-500}},
    {calculations, 16, "outdoor_temperature_mean_c", "Celsius", {-500}},
    {calculations, 17, "dhw_temperature_c", "Celsius", {-500}},
    {calculations, 18, "dhw_target_temperature_c", "Celsius"},
    {calculations, 19, "source_in_temperature_c", "Celsius", {-500}},
    {calculations, 20, "source_out_temperature_c", "Celsius", {-500}},
    {calculations, 21, "mixing_circuit_1_flow_temperature_c", "Celsius", {-500, 0, 50, 750}},
    {calculations, 22, "mixing_circuit_1_flow_target_temperature_c", "Celsius", {0}},
    {calculations, 23, "room_station_1_temperature_c", "Celsius", {-500, 0}},
    {calculations, 24, "mixing_circuit_2_flow_temperature_c", "Celsius", {-500, 0, 50, 750}},
    {calculations, 25, "mixing_circuit_2_flow_target_temperature_c", "Celsius", {0}},
    {calculations, 26, "solar_collector_temperature_c", "Celsius", {-500, 0}},
    {calculations, 27, "solar_tank_temperature_c", "Celsius", {-500, 0, 1500}},
    {calculations, 28, "external_source_temperature_c", "Celsius", {-500, 0, 50, 750}},
    {calculations, 29, "defrost_or_brine_pressure_input", "Bool"},
    {calculations, 30, "dhw_thermostat_input", "Bool"},
    {calculations, 31, "utility_release_input", "Bool"},
    {calculations, 32, "high_pressure_input", "Bool"},
    {calculations, 33, "motor_protection_input", "Bool"},
    {calculations, 34, "low_pressure_input", "Bool"},
    {calculations, 35, "anode_monitor_input", "Bool"},
    {calculations, 36, "pool_thermostat_input", "Bool"},
    {calculations, 37, "defrost_valve_output", "Bool"},
    {calculations, 38, "dhw_pump_output", "Bool"},
    {calculations, 39, "heating_pump_output", "Bool"},
    {calculations, 40, "mixer_1_open_output", "Bool"},
    {calculations, 41, "mixer_1_close_output", "Bool"},
    {calculations, 42, "ventilation_output", "Bool"},
    {calculations, 43, "source_pump_output", "Bool"},
    {calculations, 44, "compressor_1_output", "Bool"},
    {calculations, 45, "compressor_2_output", "Bool"},
    {calculations, 46, "circulation_pump_output", "Bool"},
    {calculations, 47, "additional_pump_output", "Bool"},
    {calculations, 48, "second_heater_1_output", "Bool"},
    {calculations, 49, "second_heater_2_output", "Bool"},
    {calculations, 50, "second_heater_3_output", "Bool"},
    {calculations, 51, "mixing_circuit_2_pump_output", "Bool"},
    {calculations, 52, "solar_pump_output", "Bool"},
    {calculations, 53, "pool_pump_output", "Bool"},
    {calculations, 54, "mixer_2_close_output", "Bool"},
    {calculations, 55, "mixer_2_open_output", "Bool"},
    {calculations, 56, "compressor_1_runtime_s", "Seconds"},
    {calculations, 57, "compressor_1_starts_count", "Count"},
    {calculations, 58, "compressor_2_runtime_s", "Seconds"},
    {calculations, 59, "compressor_2_starts_count", "Count"},
    {calculations, 60, "second_heater_1_runtime_s", "Seconds"},
    {calculations, 61, "second_heater_2_runtime_s", "Seconds"},
    {calculations, 62, "second_heater_3_runtime_s", "Seconds"},
    {calculations, 63, "heat_pump_runtime_s", "Seconds"},
    {calculations, 64, "heating_runtime_s", "Seconds"},
    {calculations, 65, "dhw_runtime_s", "Seconds"},
    {calculations, 66, "cooling_runtime_s", "Seconds"},
    {calculations, 67, "heat_pump_running_s", "Seconds"},
    {calculations, 68, "second_heater_1_running_s", "Seconds"},
    {calculations, 69, "second_heater_2_running_s", "Seconds"},
    {calculations, 70, "mains_on_delay_s", "Seconds"},
    {calculations, 71, "switching_cycle_lock_off_s", "Seconds"},
    {calculations, 72, "switching_cycle_lock_on_s", "Seconds"},
    {calculations, 73, "compressor_standstill_s", "Seconds"},
    {calculations, 74, "heating_controller_more_s", "Seconds"},
    {calculations, 75, "heating_controller_less_s", "Seconds"},
    {calculations, 76, "thermal_disinfection_running_s", "Seconds"},
    {calculations, 77, "dhw_lock_s", "Seconds"},
    {calculations, 78, "heat_pump_type", "HeatpumpCode"},
    {calculations, 79, "bivalence_stage", "BivalenceLevel"},
    {calculations, 80, "operation_mode", "OperationMode"},
    {calculations, 105, "stored_error_count", "Count"},
    {calculations, 116, "comfort_board_present", "Bool"},
    {calculations, 121, "screed_drying_stage_level", "Level", {0}},
    {calculations, 122, "screed_drying_temperature_c", "Celsius", {0}},
    {calculations, 123, "screed_drying_s", "Seconds"},
    {calculations, 134, "controller_clock_s", "Timestamp"},
    {calculations, 136, "mixing_circuit_3_flow_target_temperature_c", "Celsius", {0}},
    {calculations, 137, "mixing_circuit_3_flow_temperature_c", "Celsius", {-500, 0, 50, 750}},
    {calculations, 138, "mixer_3_close_output", "Bool"},
    {calculations, 139, "mixer_3_open_output", "Bool"},
    {calculations, 140, "mixing_circuit_3_pump_output", "Bool"},
    {calculations, 141, "defrost_due_s", "Seconds"},
    {calculations, 142, "room_station_2_temperature_c", "Celsius", {-500, 0}},
    {calculations, 143, "room_station_3_temperature_c", "Celsius", {-500, 0}},
    {calculations, 145, "pool_runtime_s", "Seconds"},
    {calculations, 146, "cooling_released", "Bool"},
    {calculations, 151, "heat_heating_kwh", "Energy", {0}},
    {calculations, 152, "heat_dhw_kwh", "Energy", {0}},
    {calculations, 153, "heat_pool_kwh", "Energy", {0}},
    {calculations, 154, "heat_since_reset_kwh", "Energy", {0}},
    {calculations, 155, "heating_flow_l_h", "Flow", {}, Equipment{calculations, 151}},
    {calculations, 156, "analog_output_1_v", "CentiVolt"},
    {calculations, 157, "analog_output_2_v", "CentiVolt"},
    {calculations, 158, "hot_gas_lock_s", "Seconds"},
    {calculations, 159, "supply_air_temperature_c", "Celsius", {-500, 0}},
    {calculations, 160, "extract_air_temperature_c", "Celsius", {-500, 0}},
    {calculations, 161, "solar_runtime_s", "Seconds"},
    {calculations, 162, "analog_output_3_v", "CentiVolt"},
    {calculations, 163, "analog_output_4_v", "CentiVolt"},
    {calculations, 164, "supply_air_fan_v", "CentiVolt"},
    {calculations, 165, "extract_air_fan_v", "CentiVolt"},
    {calculations, 173, "source_flow_l_h", "Flow", {0}},
    {calculations, 174, "refrigerant_board_present", "Bool"},
    {calculations, 175, "evaporator_suction_temperature_c", "Celsius", {-500}, Equipment{calculations, 174}},
    {calculations, 176, "compressor_suction_temperature_c", "Celsius", {-500}, Equipment{calculations, 174}},
    {calculations, 177, "compressor_heater_temperature_c", "Celsius", {-500}, Equipment{calculations, 174}},
    {calculations, 178, "superheat_k", "Kelvin", {}, Equipment{calculations, 174}},
    {calculations, 179, "superheat_target_k", "Kelvin", {}, Equipment{calculations, 174}},
    {calculations, 180, "high_pressure_bar", "Pressure", {}, Equipment{calculations, 174}},
    {calculations, 181, "low_pressure_bar", "Pressure", {}, Equipment{calculations, 174}},
    {calculations, 182, "compressor_heater_output", "Bool", {}, Equipment{calculations, 174}},
    {calculations, 183, "heating_pump_control_pct", "Percent2"},
    {calculations, 184, "fan_speed_rpm", "Speed"},
    {calculations, 185, "smart_grid_2_input", "Bool"},
    {calculations, 186, "safety_limiter_input", "Bool"},
    {calculations, 189, "inverter_flow_target_temperature_c", "Celsius", {}, Equipment{calculations, 190}},
    {calculations, 191, "inverter_operation_mode", "SecOperationMode", {}, Equipment{calculations, 190}},
    {calculations, 193, "inverter_compressor_speed_rpm", "Speed", {}, Equipment{calculations, 190}},
    {calculations, 194, "evi_compressor_temperature_c", "Celsius", {-500}, Equipment{calculations, 190}},
    {calculations, 195, "evi_suction_temperature_c", "Celsius", {-500}, Equipment{calculations, 190}},
    {calculations, 196, "evi_superheat_k", "Kelvin", {}, Equipment{calculations, 190}},
    {calculations, 197, "evi_superheat_target_k", "Kelvin", {}, Equipment{calculations, 190}},
    {calculations,
     198,
     "inverter_condensation_temperature_c",
     "Celsius",
     {-500},
     Equipment{calculations, 190}},
    {calculations, 199, "inverter_liquid_temperature_c", "Celsius", {-500}, Equipment{calculations, 190}},
    {calculations, 200, "inverter_subcooling_k", "Kelvin", {}, Equipment{calculations, 190}},
    {calculations, 201, "evi_pressure_bar", "Pressure", {}, Equipment{calculations, 190}},
    {calculations, 202, "inverter_voltage_v", "Voltage", {}, Equipment{calculations, 190}},
    {calculations, 203, "circuit_2_hot_gas_temperature_c", "Celsius", {-500}, Equipment{calculations, 230}},
    {calculations, 204, "circuit_2_source_in_temperature_c", "Celsius", {-500}, Equipment{calculations, 230}},
    {calculations,
     205,
     "circuit_2_evaporator_suction_temperature_c",
     "Celsius",
     {-500},
     Equipment{calculations, 230}},
    {calculations,
     206,
     "circuit_2_compressor_suction_temperature_c",
     "Celsius",
     {-500},
     Equipment{calculations, 230}},
    {calculations,
     207,
     "circuit_2_compressor_heater_temperature_c",
     "Celsius",
     {-500},
     Equipment{calculations, 230}},
    {calculations, 208, "circuit_2_superheat_k", "Kelvin", {}, Equipment{calculations, 230}},
    {calculations, 209, "circuit_2_superheat_target_k", "Kelvin", {}, Equipment{calculations, 230}},
    {calculations, 210, "circuit_2_high_pressure_bar", "Pressure", {}, Equipment{calculations, 230}},
    {calculations, 211, "circuit_2_low_pressure_bar", "Pressure", {}, Equipment{calculations, 230}},
    {calculations, 212, "circuit_2_high_pressure_input", "Bool", {}, Equipment{calculations, 230}},
    {calculations, 213, "circuit_2_defrost_valve_output", "Bool", {}, Equipment{calculations, 230}},
    {calculations, 214, "circuit_2_source_pump_output", "Bool", {}, Equipment{calculations, 230}},
    {calculations, 215, "circuit_2_compressor_output", "Bool", {}, Equipment{calculations, 230}},
    {calculations, 216, "circuit_2_compressor_heater_output", "Bool", {}, Equipment{calculations, 230}},
    {calculations, 227, "room_temperature_c", "Celsius", {-500, 0}},
    {calculations, 228, "room_target_temperature_c", "Celsius", {0}},
    {calculations, 229, "dhw_top_temperature_c", "Celsius", {-500, 0}},
    {calculations, 230, "heat_pump_2_type", "HeatpumpCode", {}, Equipment{calculations, 230}},
    {calculations, 231, "compressor_frequency_hz", "Frequency", {}, Equipment{calculations, 238}},
    {calculations, 232, "evaporation_temperature_c", "Celsius", {-500}, Equipment{calculations, 233}},
    {calculations, 233, "condensation_temperature_c", "Celsius", {-500, 0}},
    {calculations, 236, "compressor_frequency_target_hz", "Frequency", {}, Equipment{calculations, 238}},
    {calculations, 237, "compressor_frequency_minimum_hz", "Frequency", {}, Equipment{calculations, 238}},
    {calculations, 238, "compressor_frequency_maximum_hz", "Frequency", {}, Equipment{calculations, 238}},
    {calculations, 239, "source_spread_target_k", "Kelvin", {}, Equipment{calculations, 239}},
    {calculations, 240, "source_spread_k", "Kelvin", {}, Equipment{calculations, 239}},
    {calculations, 241, "heating_pump_speed_pct", "Percent2"},
    {calculations, 242, "heating_spread_target_k", "Kelvin", {}, Equipment{calculations, 242}},
    {calculations, 243, "heating_spread_k", "Kelvin", {}, Equipment{calculations, 242}},
    {calculations, 254, "flow_rate_l_h", "Flow"},
    {calculations, 257, "heat_output_w", "Power"},
    {calculations, 258, "room_unit_firmware_text", "MajorMinorVersion"},
    {calculations, 267, "desired_room_temperature_c", "Celsius", {0}},
    {calculations, 268, "electric_input_w", "Power"},
    {parameters, 1, "heating_correction_k", "Kelvin"},
    {parameters, 3, "heating_mode", "HeatingMode"},
    {parameters, 4, "dhw_mode", "HotWaterMode"},
    {parameters, 6, "heating_holiday_end_s", "Timestamp", {1167609600}},
    {parameters, 7, "dhw_holiday_end_s", "Timestamp", {1167609600}},
    {parameters, 11, "heating_curve_end_c", "Celsius"},
    {parameters, 12, "heating_curve_base_c", "Celsius"},
    {parameters, 13, "heating_night_setback_k", "Kelvin"},
    {parameters, 14, "mixing_circuit_1_curve_end_c", "Celsius"},
    {parameters, 15, "mixing_circuit_1_curve_base_c", "Celsius"},
    {parameters, 16, "mixing_circuit_1_night_setback_k", "Kelvin"},
    {parameters, 20, "thermal_disinfection_monday", "Bool"},
    {parameters, 21, "thermal_disinfection_tuesday", "Bool"},
    {parameters, 22, "thermal_disinfection_wednesday", "Bool"},
    {parameters, 23, "thermal_disinfection_thursday", "Bool"},
    {parameters, 24, "thermal_disinfection_friday", "Bool"},
    {parameters, 25, "thermal_disinfection_saturday", "Bool"},
    {parameters, 26, "thermal_disinfection_sunday", "Bool"},
    {parameters, 27, "thermal_disinfection_permanent", "Bool"},
    {parameters, 44, "air_defrost_c", "Celsius"},
    {parameters, 47, "thermal_disinfection_temperature_c", "Celsius"},
    {parameters, 49, "pump_optimisation_enabled", "Bool"},
    {parameters, 74, "dhw_hysteresis_k", "Kelvin"},
    {parameters, 84, "flow_limit_c", "Celsius"},
    {parameters, 87, "return_limit_c", "Celsius"},
    {parameters, 88, "return_hysteresis_k", "Kelvin"},
    {parameters, 89, "return_rise_limit_k", "Kelvin"},
    {parameters, 90, "second_heater_release_c", "Celsius"},
    {parameters, 91, "outdoor_limit_high_c", "Celsius"},
    {parameters, 92, "outdoor_limit_low_c", "Celsius"},
    {parameters, 93, "source_limit_low_c", "Celsius"},
    {parameters, 94, "hot_gas_limit_c", "Celsius"},
    {parameters, 95, "compressor_2_release_c", "Celsius"},
    {parameters, 96, "compressor_2_dhw_flow_limit_c", "Celsius"},
    {parameters, 98, "air_defrost_end_c", "Celsius"},
    {parameters, 105, "dhw_setpoint_c", "Celsius"},
    {parameters, 108, "cooling_mode", "CoolingMode"},
    {parameters, 110, "cooling_release_c", "Celsius"},
    {parameters, 111, "night_setback_outdoor_limit_c", "Celsius"},
    {parameters, 119, "pool_mode", "PoolMode"},
    {parameters, 122, "solar_difference_on_k", "Kelvin"},
    {parameters, 123, "solar_difference_off_k", "Kelvin"},
    {parameters, 124, "solar_tank_limit_c", "Celsius"},
    {parameters, 132, "mixing_circuit_1_cooling_setpoint_c", "Celsius"},
    {parameters, 133, "mixing_circuit_2_cooling_setpoint_c", "Celsius"},
    {parameters, 134, "mixing_circuit_1_cooling_difference_k", "Kelvin"},
    {parameters, 135, "mixing_circuit_2_cooling_difference_k", "Kelvin"},
    {parameters, 136, "pool_holiday_end_s", "Timestamp", {1167609600}},
    {parameters, 141, "mixing_circuit_2_curve_end_c", "Celsius"},
    {parameters, 142, "mixing_circuit_2_curve_base_c", "Celsius"},
    {parameters, 143, "mixing_circuit_2_night_setback_k", "Kelvin"},
    {parameters, 149, "flow_maximum_c", "Celsius", {0}},
    {parameters, 222, "heating_timer_program", "TimerProgram"},
    {parameters, 283, "mixing_circuit_1_timer_program", "TimerProgram"},
    {parameters, 344, "mixing_circuit_2_timer_program", "TimerProgram"},
    {parameters, 405, "dhw_timer_program", "TimerProgram"},
    {parameters, 506, "circulation_timer_program", "TimerProgram"},
    {parameters, 607, "pool_timer_program", "TimerProgram"},
    {parameters, 695, "mixing_circuit_1_mode", "MixedCircuitMode"},
    {parameters, 696, "mixing_circuit_2_mode", "MixedCircuitMode"},
    {parameters, 699, "heating_limit_enabled", "Bool"},
    {parameters, 700, "heating_limit_c", "Celsius"},
    {parameters, 731, "heating_holiday_start_s", "Timestamp", {1167609600}},
    {parameters, 732, "dhw_holiday_start_s", "Timestamp", {1167609600}},
    {parameters, 733, "pool_holiday_start_s", "Timestamp", {1167609600}},
    {parameters, 736, "heating_holiday_setback_k", "Kelvin"},
    {parameters, 737, "mixing_circuit_1_holiday_setback_k", "Kelvin"},
    {parameters, 738, "mixing_circuit_2_holiday_setback_k", "Kelvin"},
    {parameters, 774, "mixing_circuit_3_curve_end_c", "Celsius"},
    {parameters, 775, "mixing_circuit_3_curve_base_c", "Celsius"},
    {parameters, 776, "mixing_circuit_3_night_setback_k", "Kelvin"},
    {parameters, 779, "mixing_circuit_3_mode", "MixedCircuitMode"},
    {parameters, 786, "mixing_circuit_3_holiday_setback_k", "Kelvin"},
    {parameters, 788, "mixing_circuit_3_timer_program", "TimerProgram"},
    {parameters, 850, "cooling_start_delay_h", "Hours"},
    {parameters, 851, "cooling_stop_delay_h", "Hours"},
    {parameters, 860, "remote_maintenance_enabled", "Bool"},
    {parameters, 864, "pump_optimisation_afterrun_min", "Minutes"},
    {parameters, 867, "efficiency_pump_nominal_v", "CentiVolt"},
    {parameters, 868, "efficiency_pump_minimum_v", "CentiVolt"},
    {parameters, 869, "efficiency_pump_enabled", "Bool"},
    {parameters, 880, "heat_meter_start_s", "Timestamp"},
    {parameters, 881, "solar_mode", "SolarMode"},
    {parameters, 883, "solar_collector_limit_c", "Celsius"},
    {parameters, 886, "cooling_hysteresis_k", "Kelvin"},
    {parameters, 894, "ventilation_mode", "VentilationMode"},
    {parameters, 895, "ventilation_timer_program", "TimerProgram"},
    {parameters, 966, "mixing_circuit_3_cooling_setpoint_c", "Celsius"},
    {parameters, 967, "mixing_circuit_3_cooling_difference_k", "Kelvin"},
    {parameters, 973, "dhw_limit_c", "Celsius", {0}},
    {parameters, 974, "cooling_return_setpoint_c", "Celsius", {0}},
    {parameters, 979, "return_target_minimum_c", "Celsius"},
    {parameters, 992, "second_heater_release_min", "Minutes"},
    {parameters, 993, "cooling_flow_minimum_c", "Celsius", {0}},
    {parameters, 994, "dhw_reheating", "Bool"},
    {parameters, 1020, "dhw_reheating_limit_h", "Hours2"},
    {parameters, 1025, "second_heater_power_w", "TenthKilowatt", {0}},
    {parameters, 1030, "smart_grid_enabled", "Bool"},
    {parameters, 1032, "heating_pump_limit_pct", "Percent2", {0}},
    {parameters, 1033, "heating_pump_automatic", "Bool", {}, Equipment{parameters, 1032}},
    {parameters, 1034, "dhw_pump_automatic", "Bool", {}, Equipment{parameters, 1032}},
    {parameters, 1035, "dhw_pump_fixed_pct", "Percent2", {0}},
    {parameters, 1041, "dhw_pump_limit_pct", "Percent2", {0}},
    {parameters, 1045, "dhw_frequency_hz", "FrequencyCode", {0}},
    {parameters, 1058, "dhw_defrost_enabled", "Bool"},
    {parameters, 1072, "mixing_circuit_1_flow_minimum_c", "Celsius", {0}},
    {parameters, 1073, "mixing_circuit_2_flow_minimum_c", "Celsius", {0}},
    {parameters, 1074, "mixing_circuit_3_flow_minimum_c", "Celsius", {0}},
    {parameters, 1075, "mixing_circuit_1_flow_maximum_c", "Celsius", {0}},
    {parameters, 1076, "mixing_circuit_2_flow_maximum_c", "Celsius", {0}},
    {parameters, 1077, "mixing_circuit_3_flow_maximum_c", "Celsius", {0}},
    {parameters, 1087, "silent_mode", "OnOffMode"},
    {parameters, 1092, "silent_timer_program", "TimerProgram"},
    {parameters, 1119, "last_defrost_time_s", "Timestamp"},
    {parameters, 1136, "electric_heating_kwh", "CentiKwh", {0}},
    {parameters, 1137, "electric_dhw_kwh", "CentiKwh", {0}},
    {parameters, 1139, "electric_cooling_kwh", "CentiKwh", {0}},
    {parameters, 1140, "second_heater_energy_kwh", "Energy", {0}},
    {parameters, 1148, "room_setpoint_c", "Celsius", {0}},
    {parameters, 1158, "power_limit_enabled", "Bool"},
    {parameters, 1159, "power_limit_w", "TenthKilowatt"},

};

/// raw / 10^digits.
std::string decimal(std::int64_t raw, int digits) {
    std::int64_t const divisor = digits == 2 ? 100 : 10;
    auto const magnitude = std::abs(raw);
    std::string text =
        fmt::format("{}{}.{:0{}}", raw < 0 ? "-" : "", magnitude / divisor, magnitude % divisor, digits);
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
}

struct Type {
    std::string_view name;
    enum class Kind { tenths, hundredths, whole, half_hours, hundreds, plus_19, short_version } kind;
    std::int64_t least, most;
};
constexpr std::int64_t any = 2'147'483'647;
constexpr Type types[] = {
    {"Celsius", Type::Kind::tenths, -1000, 3000},
    {"Kelvin", Type::Kind::tenths, -1000, 1000},
    {"Pressure", Type::Kind::hundredths, -100, 10'000},
    {"Voltage", Type::Kind::tenths, -1000, 10'000},
    {"CentiVolt", Type::Kind::hundredths, -1000, 10'000},
    {"Energy", Type::Kind::tenths, 0, 999'999'999},
    {"CentiKwh", Type::Kind::hundredths, 0, 1'999'999'999},
    {"Hours", Type::Kind::tenths, 0, 100'000},
    {"Hours2", Type::Kind::half_hours, 0, 1000},
    {"Power", Type::Kind::whole, -100'000, 1'000'000},
    {"TenthKilowatt", Type::Kind::hundreds, 0, 1000},
    {"Percent2", Type::Kind::whole, 0, 100},
    {"Frequency", Type::Kind::whole, 0, 1000},
    {"FrequencyCode", Type::Kind::plus_19, 1, 101},
    {"Speed", Type::Kind::whole, 0, 100'000},
    {"Flow", Type::Kind::whole, 0, 1'000'000},
    {"Seconds", Type::Kind::whole, 0, any},
    {"Minutes", Type::Kind::whole, 0, any},
    {"Count", Type::Kind::whole, 0, any},
    {"Level", Type::Kind::whole, -any - 1, any},
    {"Bool", Type::Kind::whole, 0, 1},
    {"Timestamp", Type::Kind::whole, 1, any},
    {"MajorMinorVersion", Type::Kind::short_version, 1, 99'999},
};

struct Codes {
    std::string_view type;
    std::vector<std::int32_t> known;
};

std::vector<std::int32_t> up_to(std::int32_t last) {
    std::vector<std::int32_t> codes;
    for (std::int32_t code = 0; code <= last; ++code) codes.push_back(code);
    return codes;
}

Codes const* codes_of(std::string_view type) {
    static Codes const all[] = {
        {"HeatingMode", up_to(4)},       {"HotWaterMode", up_to(4)},
        {"SolarMode", up_to(4)},         {"MixedCircuitMode", {0, 2, 3, 4}},
        {"PoolMode", {0, 2, 3, 4}},      {"VentilationMode", up_to(3)},
        {"CoolingMode", up_to(1)},       {"OperationMode", up_to(7)},
        {"BivalenceLevel", {1, 2, 3}},   {"HeatpumpCode", up_to(88)},
        {"SecOperationMode", up_to(12)}, {"TimerProgram", up_to(2)},
        {"OnOffMode", up_to(1)},
    };
    auto const found =
        std::find_if(std::begin(all), std::end(all), [type](Codes const& one) { return one.type == type; });
    return found == std::end(all) ? nullptr : found;
}

}  // namespace

std::span<Place const> places() { return all_places; }

bool is_code(std::string_view type) { return codes_of(type) != nullptr; }

bool is_known_code(std::string_view type, std::int32_t code) {
    auto const& known = codes_of(type)->known;
    return std::find(known.begin(), known.end(), code) != known.end();
}

std::optional<std::string> expected_json(std::string_view name, std::int32_t raw) {
    if (is_code(name)) return fmt::format("{}", raw);
    auto const type = std::find_if(std::begin(types), std::end(types),
                                   [name](Type const& one) { return one.name == name; });
    if (type == std::end(types))
        throw std::runtime_error(fmt::format("the notes have no data type {}", name));
    if (raw < type->least || raw > type->most) return std::nullopt;
    switch (type->kind) {
        case Type::Kind::tenths:
            return decimal(raw, 1);
        case Type::Kind::hundredths:
            return decimal(raw, 2);
        case Type::Kind::half_hours:
            return decimal(10 + std::int64_t{raw} * 5, 1);
        case Type::Kind::hundreds:
            return fmt::format("{}", std::int64_t{raw} * 100);
        case Type::Kind::plus_19:
            return fmt::format("{}", raw + 19);
        case Type::Kind::short_version:
            return fmt::format("\"{}.{:02}\"", raw / 100, raw % 100);
        case Type::Kind::whole:
            break;
    }
    return fmt::format("{}", raw);
}

}  // namespace test
