// SPDX-License-Identifier: MIT
#include "luxtronik_memory.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace devsim {

namespace {

constexpr std::int32_t no_sensor = -500;

/// A list of fixed length: what lies past its end does not exist in this firmware.
class List {
  public:
    explicit List(std::size_t size) : values_(size) {}

    void put(std::size_t index, std::int64_t raw) {
        if (index < values_.size()) values_[index] = static_cast<std::int32_t>(raw);
    }
    void put_tenths(std::size_t index, double value) { put(index, std::llround(value * 10)); }
    void put_hundredths(std::size_t index, double value) { put(index, std::llround(value * 100)); }
    [[nodiscard]] std::vector<std::int32_t> take() { return std::move(values_); }

  private:
    std::vector<std::int32_t> values_;
};

void put_temperatures(List& list, HouseState const& house) {
    list.put_tenths(10, house.flow_c);
    list.put_tenths(11, house.return_c);
    list.put_tenths(12, house.return_target_c);
    list.put(13, 50);
    list.put_tenths(14, house.hot_gas_c);
    list.put_tenths(15, house.outdoor_c);
    list.put_tenths(16, house.outdoor_mean_c);
    list.put_tenths(17, house.hot_water_c);
    list.put_tenths(18, house.wishes.hot_water_c);
    list.put_tenths(19, house.source_in_c);
    list.put_tenths(20, house.source_out_c);
    for (std::size_t const mixing_circuit : {21U, 24U, 137U}) list.put(mixing_circuit, 750);
    for (std::size_t const solar_collector : {26U}) list.put(solar_collector, no_sensor);
    list.put(27, 1500);
    list.put(28, 50);
}

void put_switches(List& list, HouseState const& house) {
    list.put(31, house.mode == PumpMode::utility_lock ? 0 : 1);
    list.put(32, 1);
    list.put(33, 1);
    list.put(37, house.mode == PumpMode::defrost ? 1 : 0);
    list.put(38, house.hot_water_pump ? 1 : 0);
    list.put(39, house.heating_pump ? 1 : 0);
    list.put(43, house.source_pump ? 1 : 0);
    list.put(44, house.compressor ? 1 : 0);
    list.put(46, house.circulation_pump ? 1 : 0);
    list.put(146, house.mode == PumpMode::cooling ? 1 : 0);
}

void put_counters(List& list, HouseState const& house, double time_s) {
    auto const seconds = [](double value) { return static_cast<std::int64_t>(value); };
    double const compressor_s = house.heating_s + house.hot_water_s;
    list.put(56, seconds(compressor_s));
    list.put(57, house.starts);
    list.put(63, seconds(house.runtime_s));
    list.put(64, seconds(house.heating_s));
    list.put(65, seconds(house.hot_water_s));
    list.put(66, seconds(house.cooling_s));
    list.put(67, house.compressor ? seconds(time_s - house.compressor_since_s) : 0);
    list.put(73, house.compressor ? 0 : seconds(time_s - house.compressor_since_s));
    list.put_tenths(151, house.heat_heating_kwh);
    list.put_tenths(152, house.heat_hot_water_kwh);
    list.put_tenths(154, house.heat_heating_kwh + house.heat_hot_water_kwh);
}

void put_version(List& list, std::string const& firmware) {
    for (std::size_t i = 0; i < std::min<std::size_t>(firmware.size(), 10); ++i)
        list.put(81 + i, firmware[i]);
}

/// Errors newest first; switch-offs in a ring, the newest in its fourth place.
void put_history(List& list, std::int64_t clock) {
    constexpr std::array<std::int64_t, 5> switch_off_age_s = {124'750, 90'300, 85'200, 25, 169'500};
    constexpr std::array<std::int64_t, 5> switch_off_code = {9, 9, 3, 9, 26};
    for (std::size_t i = 0; i < switch_off_age_s.size(); ++i) {
        list.put(106 + i, switch_off_code[i]);
        list.put(111 + i, clock - switch_off_age_s[i]);
    }
    list.put(95, clock - 40 * 86'400);
    list.put(100, 717);
    list.put(96, clock - 410 * 86'400);
    list.put(101, 715);
    list.put(105, 2);
}

void put_refrigerant_circuit(List& list, HouseState const& house) {
    list.put(174, 1);
    list.put_tenths(175, house.source_out_c - 1.2);
    list.put_tenths(176, house.compressor ? house.source_out_c + 6.3 : house.return_c - 2);
    list.put_tenths(177, house.hot_gas_c - 5);
    list.put_tenths(178, house.compressor ? 6.1 : 0.4);
    list.put_tenths(179, 6);
    list.put_hundredths(180, house.compressor ? 7.9 + 0.172 * house.flow_c : 9.1);
    list.put_hundredths(181, house.compressor ? 3.1 + 0.081 * house.source_out_c : 8.8);
}

std::vector<std::int32_t> calculations(LuxtronikMake const& make, HouseState const& house, double time_s) {
    auto const clock = make.clock + static_cast<std::int64_t>(time_s);
    List list(make.calculations);
    put_temperatures(list, house);
    put_switches(list, house);
    put_counters(list, house, time_s);
    put_version(list, make.firmware);
    put_history(list, make.clock);
    put_refrigerant_circuit(list, house);
    list.put(78, make.heat_pump_type);
    list.put(79, 1);
    list.put(80, static_cast<std::int64_t>(house.mode));
    list.put(91, -1'062'731'520 + 68);
    list.put(92, -256);
    list.put(93, -1'062'731'520 + 255);
    list.put(94, -1'062'731'520 + 1);
    list.put(117, house.compressor ? 0 : 1);
    list.put(134, clock);
    list.put(155, house.heating_pump || house.hot_water_pump ? 1'240 : 0);
    list.put_hundredths(156, house.heating_pump ? 6.4 : 0);
    list.put(173, house.source_pump ? 2'310 : 0);
    list.put_tenths(227, 21.3);
    list.put_tenths(228, 21);
    list.put(257, std::llround(house.heat_w));
    list.put(268, std::llround(house.electric_w));
    return list.take();
}

std::vector<std::int32_t> parameters(LuxtronikMake const& make, HouseState const& house) {
    List list(make.parameters);
    // As it is from the factory; what was written since is put over it.
    HouseWishes const usual;
    list.put_tenths(2, usual.hot_water_c);
    list.put_tenths(105, usual.hot_water_c);
    list.put_tenths(11, 32);
    list.put_tenths(12, usual.return_base_c);
    list.put_tenths(13, usual.night_setback_k);
    list.put_tenths(47, 65);
    list.put_tenths(74, usual.hot_water_hysteresis_k);
    list.put_tenths(84, 45);
    list.put_tenths(87, 40);
    list.put_tenths(88, 2);
    list.put_tenths(89, 7);
    list.put_tenths(90, -16);
    list.put_tenths(91, 35);
    list.put_tenths(92, -20);
    list.put_tenths(93, -9);
    list.put_tenths(94, 130);
    list.put(108, 1);
    list.put_tenths(110, 22);
    list.put_tenths(132, 20);
    list.put_tenths(700, usual.heating_limit_c);
    list.put_tenths(850, 2);
    list.put_tenths(851, 2);
    list.put(864, 30);
    list.put(874, 915);
    list.put(875, 0x0a2b);
    list.put_tenths(979, 15);
    list.put(992, 60);
    list.put_hundredths(852, house.heat_heating_kwh + house.heat_hot_water_kwh);
    list.put_hundredths(854, house.heat_heating_kwh);
    list.put_hundredths(878, house.heat_hot_water_kwh);
    list.put_hundredths(1136, house.shown_electric.heating_kwh);
    list.put_hundredths(1137, house.shown_electric.hot_water_kwh);
    list.put_hundredths(1139, house.shown_electric.cooling_kwh);
    return list.take();
}

}  // namespace

LuxtronikLists luxtronik_lists(LuxtronikMake const& make, HouseState const& house, DeviceTime time) {
    LuxtronikLists lists{parameters(make, house), calculations(make, house, time.count()),
                         std::vector<std::int8_t>(make.visibilities, 1)};
    if (!lists.visibilities.empty()) lists.visibilities.front() = 0;
    return lists;
}

}  // namespace devsim
