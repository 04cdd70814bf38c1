// SPDX-License-Identifier: MIT
#pragma once

#include "luxtronik_house.hpp"
#include "luxtronik_registers.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace devsim {

/// What a controller makes of what it was told over the network. `written`: raw parameters by index, in one
/// of which the hot water's setpoint is. The registers' wishes go before those of the parameters. How many
/// kelvins a level is, is a guess.
[[nodiscard]] HouseWishes luxtronik_wishes(std::map<std::size_t, std::int32_t> const& written,
                                           std::size_t hot_water_parameter,
                                           LuxtronikRegisters const& registers);

}  // namespace devsim
