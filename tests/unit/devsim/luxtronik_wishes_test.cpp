// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_wishes.hpp"

#include "catch.hpp"

using namespace devsim;

namespace {

constexpr std::size_t setpoint_place = 105;

LuxtronikRegisters registers() { return LuxtronikRegisters({3, 92, 1}); }

HouseWishes wishes_of(LuxtronikRegisters const& of, std::map<std::size_t, std::int32_t> const& written = {}) {
    return luxtronik_wishes(written, setpoint_place, of);
}

}  // namespace

TEST_CASE("what is written into the parameters is what the house is to do") {
    CHECK(wishes_of(registers()).hot_water_c == 50);
    auto const wishes =
        wishes_of(registers(), {{1, -15}, {2, 400}, {105, 485}, {3, 4}, {74, 30}, {700, 140}});
    CHECK(wishes.return_offset_k == -1.5);
    // Parameter 2 is the setpoint of other firmware.
    CHECK(wishes.hot_water_c == 48.5);
    CHECK(wishes.hot_water_hysteresis_k == 3);
    CHECK(wishes.heating_limit_c == 14);
    CHECK_FALSE(wishes.heating);
    CHECK(wishes.hot_water);
    CHECK_FALSE(wishes_of(registers(), {{4, 4}}).hot_water);
    CHECK_FALSE(wishes_of(registers(), {{108, 0}}).cooling);
}

TEST_CASE("what is written over Modbus goes before, while its mode says so") {
    auto all = registers();
    auto const write = [&](int index, int value) {
        REQUIRE_FALSE(all.write(index, {static_cast<std::uint16_t>(value)}));
        return wishes_of(all, {{1, 10}});
    };
    CHECK_FALSE(write(1, 380).return_c);
    CHECK(write(0, 1).return_c == 38.0);
    CHECK(write(2, -30).return_offset_k == 1);
    CHECK(write(0, 2).return_offset_k == -2);
    CHECK_FALSE(wishes_of(all).return_c);
    CHECK(write(66, 20).return_offset_k == -2);
    CHECK(write(65, 2).return_offset_k == 0);
    CHECK(write(7, 40).hot_water_c == 50);
    CHECK(write(5, 2).hot_water_c == 54);
    CHECK_FALSE(write(41, 12).most_electric_w);
    CHECK(write(40, 1).most_electric_w == 1200.0);
    CHECK_FALSE(write(50, 1).heating);
    CHECK_FALSE(write(51, 1).hot_water);
}

TEST_CASE("extra hot water is wanted until the tank is warm") {
    auto all = registers();
    REQUIRE_FALSE(all.write(71, {1}));
    HouseState house;
    house.wishes = wishes_of(all);
    CHECK(house.wishes.hot_water_hysteresis_k == 0);
    house.hot_water_c = house.wishes.hot_water_c - 1;
    all.follow(house);
    CHECK(all.holding(71) == 1);
    house.hot_water_c = house.wishes.hot_water_c;
    all.follow(house);
    CHECK(all.holding(71) == 0);
}
