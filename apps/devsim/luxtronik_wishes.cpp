// SPDX-License-Identifier: MIT
#include "luxtronik_wishes.hpp"

namespace devsim {

namespace {

constexpr std::int32_t mode_off = 4;

/// By the number of the level: normal, increased, increased more, decreased.
double level_k(int level) {
    switch (level) {
        case 1:
            return 2;
        case 2:
            return 4;
        case 3:
            return -4;
        default:
            return 0;
    }
}

/// A mode and, behind it, what it is about: 1 a setpoint, 2 an offset, 3 a level.
struct Override {
    enum Mode { off, setpoint, offset, level };
    int mode;
    double setpoint_c, offset_k;
};

Override override_at(LuxtronikRegisters const& registers, int index) {
    int const mode = registers.holding(index);
    double const offset_k = mode == Override::offset  ? registers.holding(index + 2) / 10.0
                            : mode == Override::level ? level_k(registers.holding(index + 3))
                                                      : 0;
    return {mode, registers.holding(index + 1) / 10.0, offset_k};
}

HouseWishes from_parameters(std::map<std::size_t, std::int32_t> const& written,
                            std::size_t hot_water_parameter) {
    HouseWishes wishes;
    auto const tenths = [&](std::size_t index, double& value) {
        if (auto const found = written.find(index); found != written.end()) value = found->second / 10.0;
    };
    auto const off = [&](std::size_t index, std::int32_t value) {
        auto const found = written.find(index);
        return found != written.end() && found->second == value;
    };
    tenths(1, wishes.return_offset_k);
    tenths(hot_water_parameter, wishes.hot_water_c);
    tenths(12, wishes.return_base_c);
    tenths(13, wishes.night_setback_k);
    tenths(74, wishes.hot_water_hysteresis_k);
    tenths(700, wishes.heating_limit_c);
    wishes.heating = !off(3, mode_off);
    wishes.hot_water = !off(4, mode_off);
    wishes.cooling = !off(108, 0);
    return wishes;
}

}  // namespace

HouseWishes luxtronik_wishes(std::map<std::size_t, std::int32_t> const& written,
                             std::size_t hot_water_parameter, LuxtronikRegisters const& registers) {
    HouseWishes wishes = from_parameters(written, hot_water_parameter);
    auto const heating = override_at(registers, 0);
    if (heating.mode == Override::setpoint) wishes.return_c = heating.setpoint_c;
    wishes.return_offset_k += heating.offset_k;
    // That of all heating has no setpoint.
    int const overall = registers.holding(65);
    if (overall == Override::offset) wishes.return_offset_k += registers.holding(66) / 10.0;
    if (overall == Override::level) wishes.return_offset_k += level_k(registers.holding(67));
    auto const hot_water = override_at(registers, 5);
    if (hot_water.mode == Override::setpoint) wishes.hot_water_c = hot_water.setpoint_c;
    wishes.hot_water_c += hot_water.offset_k;
    // Made at once, and somewhat hotter.
    if (registers.holding(71) == 1) {
        wishes.hot_water_c += 5;
        wishes.hot_water_hysteresis_k = 0;
    }
    if (registers.holding(40) != 0) wishes.most_electric_w = registers.holding(41) * 100.0;
    wishes.heating = wishes.heating && registers.holding(50) == 0;
    wishes.hot_water = wishes.hot_water && registers.holding(51) == 0;
    wishes.cooling = wishes.cooling && registers.holding(52) == 0;
    return wishes;
}

}  // namespace devsim
