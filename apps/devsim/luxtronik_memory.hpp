// SPDX-License-Identifier: MIT
#pragma once

#include "luxtronik_house.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace devsim {

/// The three lists that a controller answers with, as raw numbers.
struct LuxtronikLists {
    std::vector<std::int32_t> parameters, calculations;
    std::vector<std::int8_t> visibilities;
};

/// What differs from controller to controller.
struct LuxtronikMake {
    std::string firmware = "V3.88.0";
    std::size_t parameters = 1143, calculations = 267, visibilities = 366;
    std::int64_t clock = 0;            ///< of the controller at the start, unix seconds
    std::int32_t heat_pump_type = 71;  ///< as the controller numbers them: brine/water
};

/// The lists of a controller in this house after so many seconds. Values at places that this simulator knows
/// nothing of are 0. Written from the notes on the protocol, not from any decoder.
[[nodiscard]] LuxtronikLists luxtronik_lists(LuxtronikMake const& make, HouseState const& house,
                                             DeviceTime time);

}  // namespace devsim
