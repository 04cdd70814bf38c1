// SPDX-License-Identifier: MIT
#include "luxtronik_registers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace devsim {

namespace {

constexpr LuxtronikRelease second_release{3, 92, 0};
constexpr LuxtronikRelease third_release{3, 92, 1};
constexpr int extra_hot_water = 71;

using Inputs = std::map<int, std::uint16_t>;

void put(Inputs& inputs, int index, long long raw) { inputs[index] = static_cast<std::uint16_t>(raw); }
void put_tenths(Inputs& inputs, int index, double value) { put(inputs, index, std::llround(value * 10)); }

/// The high word first.
void put_energy(Inputs& inputs, int index, double kwh) {
    auto const raw = std::llround(kwh * 10);
    put(inputs, index, raw >> 16);
    put(inputs, index + 1, raw & 0xffff);
}

/// 0 disabled, 1 no request, 2 requested, 3 running
int status(bool enabled, bool wanted, bool running) {
    if (!enabled) return 0;
    return running ? 3 : wanted ? 2 : 1;
}

void put_states(Inputs& inputs, HouseState const& house) {
    bool const season = house.wishes.heating && house.outdoor_mean_c < house.wishes.heating_limit_c;
    bool const water_wanted =
        house.hot_water_c < house.wishes.hot_water_c - house.wishes.hot_water_hysteresis_k;
    put(inputs, 0, house.compressor ? 1 : 0);
    put(inputs, 2, static_cast<int>(house.mode));
    put(inputs, 3,
        status(season, house.return_c < house.return_target_c - 2, house.mode == PumpMode::heating));
    put(inputs, 4, status(house.wishes.hot_water, water_wanted, house.mode == PumpMode::hot_water));
    put(inputs, 6, status(house.wishes.cooling, false, house.mode == PumpMode::cooling));
    put(inputs, 7, 0);
    put(inputs, 201, 0);
    put(inputs, 202, 0);
    put(inputs, 203, 20);
    put(inputs, 204, 10);
    put(inputs, 205, 1);
    put(inputs, 206, 0);
    put(inputs, 207, house.mode == PumpMode::cooling ? 1 : 0);
}

void put_temperatures(Inputs& inputs, HouseState const& house, LuxtronikRelease release) {
    bool const says_absence = release >= second_release;
    put_tenths(inputs, 100, house.return_c);
    put_tenths(inputs, 101, house.return_target_c);
    put(inputs, 102, 50);
    put_tenths(inputs, 103, 40);
    put_tenths(inputs, 104, 15);
    put_tenths(inputs, 105, house.flow_c);
    put_tenths(inputs, 106, 21.3);
    put_tenths(inputs, 107, house.wishes.heating_limit_c);
    put_tenths(inputs, 108, house.outdoor_c);
    put_tenths(inputs, 120, house.hot_water_c);
    put_tenths(inputs, 121, house.wishes.hot_water_c);
    put_tenths(inputs, 122, 30);
    put_tenths(inputs, 123, 65);
    put_tenths(inputs, 124, 60);
    for (int const circuit : {140, 150, 160}) {
        for (int offset = 0; offset < 4; ++offset)
            put(inputs, circuit + offset, says_absence ? LuxtronikRegisters::not_available : 750);
    }
    if (release < second_release) return;
    put_tenths(inputs, 109, house.outdoor_mean_c);
    put_tenths(inputs, 110, house.source_in_c);
    put_tenths(inputs, 111, house.source_out_c);
    put_tenths(inputs, 112, 65);
}

void put_powers(Inputs& inputs, HouseState const& house, LuxtronikRelease release) {
    put_tenths(inputs, 300, house.heat_w / 1000);
    put_tenths(inputs, 301, house.electric_w / 1000);
    put_tenths(inputs, 302, 1.6);
    put_energy(inputs, 310, house.electric_heating_kwh + house.electric_hot_water_kwh);
    put_energy(inputs, 312, house.electric_heating_kwh);
    put_energy(inputs, 314, house.electric_hot_water_kwh);
    put_energy(inputs, 316, 0);
    put_energy(inputs, 318, 0);
    if (release < second_release) return;
    put_energy(inputs, 320, house.heat_heating_kwh + house.heat_hot_water_kwh);
    put_energy(inputs, 322, house.heat_heating_kwh);
    put_energy(inputs, 324, house.heat_hot_water_kwh);
    put_energy(inputs, 326, 0);
    put_energy(inputs, 328, 0);
}

/// Of unknown meaning; they are there.
void put_unknown(Inputs& inputs, LuxtronikRelease release) {
    if (release < second_release) return;
    for (auto const& [first, last] : {std::pair(113, 113), std::pair(350, 356), std::pair(360, 361),
                                      std::pair(404, 413), std::pair(416, 417), std::pair(500, 502)}) {
        for (int index = first; index <= last; ++index) put(inputs, index, 0);
    }
}

}  // namespace

std::optional<LuxtronikRelease> luxtronik_release(std::string_view firmware) {
    LuxtronikRelease release;
    std::string const text(firmware);
    // NOLINTNEXTLINE: three numbers and nothing else
    if (std::sscanf(text.c_str(), "V%d.%d.%d", &release.major, &release.minor, &release.patch) < 2)
        return std::nullopt;
    return release;
}

LuxtronikRegisters::LuxtronikRegisters(LuxtronikRelease release) : release_(release), shown_(release) {
    auto const add = [this](int index, int usual, int least, int most) {
        holdings_[index] = {static_cast<std::uint16_t>(usual), static_cast<std::uint16_t>(usual), least,
                            most};
    };
    bool const levels = release_ >= second_release;
    auto const add_mode = [&](int index, int usual, int least, int most, int offset) {
        add(index, 0, 0, 3);
        add(index + 1, usual, least, most);
        add(index + 2, 0, -offset, offset);
    };
    add_mode(0, 350, 150, 750, 200);
    add_mode(5, 400, 300, 750, 200);
    for (int const circuit : {10, 20, 30}) {
        add_mode(circuit, 350, 200, 650, 50);
        add_mode(circuit + 5, 200, 50, 250, 50);
    }
    if (levels) {
        for (int const level : {3, 8, 13, 23, 33, 67}) add(level, 0, 0, 3);
        add(65, 0, 0, 3);
        add(66, 0, -200, 200);
        add(51, 0, 0, 1);
        add(70, 0, 0, 1);
        add(extra_hot_water, 0, 0, 1);
    }
    add(40, 0, 0, 2);
    add(41, 300, 0, 300);
    for (int const lock : {50, 52, 53}) add(lock, 0, 0, 1);
    // Not to be written.
    if (release_ >= third_release) add(60, 0, 1, 0);
}

LuxtronikRegisters::Answer LuxtronikRegisters::read_inputs(HouseState const& house, int index,
                                                           int count) const {
    Inputs inputs;
    put_states(inputs, house);
    put_temperatures(inputs, house, release_);
    put_powers(inputs, house, release_);
    put_unknown(inputs, release_);
    put(inputs, 400, shown_.major);
    put(inputs, 401, shown_.minor);
    put(inputs, 402, shown_.patch);
    Answer answer;
    for (int at = index; at < index + count; ++at) {
        auto const found = inputs.find(at);
        if (found == inputs.end() || at == hidden_) return {{}, Refusal::illegal_address};
        answer.values.push_back(found->second);
    }
    return answer;
}

LuxtronikRegisters::Answer LuxtronikRegisters::read_holdings(int index, int count) const {
    Answer answer;
    for (int at = index; at < index + count; ++at) {
        auto const found = holdings_.find(at);
        if (found == holdings_.end() || at == hidden_) return {{}, Refusal::illegal_address};
        answer.values.push_back(found->second.value);
    }
    return answer;
}

std::optional<LuxtronikRegisters::Refusal> LuxtronikRegisters::write(
    int index, std::vector<std::uint16_t> const& values) {
    for (auto const value : values) {
        auto const found = holdings_.find(index);
        if (found == holdings_.end() || index == hidden_) return Refusal::illegal_address;
        Holding& holding = found->second;
        if (holding.least > holding.most) return Refusal::illegal_address;
        int const meant = holding.least < 0 ? static_cast<std::int16_t>(value) : value;
        if (meant < holding.least || meant > holding.most) return Refusal::illegal_value;
        set(index++, holding, value, false);
    }
    return std::nullopt;
}

int LuxtronikRegisters::holding(int index) const {
    auto const found = holdings_.find(index);
    return found == holdings_.end() ? 0 : static_cast<std::int16_t>(found->second.value);
}

void LuxtronikRegisters::follow(HouseState const& house) {
    auto const extra = holdings_.find(extra_hot_water);
    if (extra == holdings_.end() || house.hot_water_c < house.wishes.hot_water_c) return;
    set(extra->first, extra->second, 0, true);
}

void LuxtronikRegisters::let_lapse(DeviceTime time) {
    if (time - last_asked_ < patience) return;
    for (auto& [index, holding] : holdings_) set(index, holding, holding.usual, true);
}

void LuxtronikRegisters::set(int index, Holding& holding, std::uint16_t value, bool lapsed) {
    if (std::exchange(holding.value, value) == value) return;
    changes_.push_back({index, static_cast<std::int16_t>(value), lapsed});
}

}  // namespace devsim
