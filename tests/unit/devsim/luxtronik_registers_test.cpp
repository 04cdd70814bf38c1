// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_registers.hpp"
#include "devsim/luxtronik_memory.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

using namespace devsim;
using namespace std::chrono_literals;
using Refusal = LuxtronikRegisters::Refusal;

namespace {

constexpr std::int64_t january = 1'768'435'200;

HouseState house_in_january() {
    House house(january, 1);
    return house.at(3h);
}

int one(LuxtronikRegisters const& registers, HouseState const& house, int index) {
    auto const answer = registers.read_inputs(house, index, 1);
    return answer.refused ? -1 : answer.values.at(0);
}

int held(LuxtronikRegisters const& registers, int index) {
    auto const answer = registers.read_holdings(index, 1);
    return answer.refused ? -1 : static_cast<std::int16_t>(answer.values.at(0));
}

}  // namespace

TEST_CASE("a version has its numbers between dots") {
    CHECK(luxtronik_release("V3.90.1") == LuxtronikRelease{3, 90, 1});
    CHECK(luxtronik_release("V1.80") == LuxtronikRelease{1, 80, 0});
    CHECK_FALSE(luxtronik_release("").has_value());
    CHECK(LuxtronikRelease{3, 88, 9} < LuxtronikRegisters::first_release);
}

TEST_CASE("registers show what the other interface shows") {
    auto const house = house_in_january();
    LuxtronikRegisters const registers({3, 92, 1});
    LuxtronikMake make;
    make.firmware = "V3.92.1";
    make.calculations = 275;
    make.clock = january;
    auto const lists = luxtronik_lists(make, house, 3h);
    for (auto const& [input, calculation] :
         {std::pair(105, 10), std::pair(100, 11), std::pair(101, 12), std::pair(108, 15), std::pair(109, 16),
          std::pair(120, 17), std::pair(110, 19), std::pair(111, 20), std::pair(106, 227),
          std::pair(2, 80)}) {
        INFO(input);
        CHECK(static_cast<std::int16_t>(one(registers, house, input)) ==
              lists.calculations.at(static_cast<std::size_t>(calculation)));
    }
    // The high word first.
    CHECK(one(registers, house, 320) * 65536 + one(registers, house, 321) == lists.calculations.at(154));
    CHECK(std::abs(one(registers, house, 300) * 100 - lists.calculations.at(257)) <= 50);
}

TEST_CASE("a read that touches a missing register fails whole") {
    auto const house = house_in_january();
    LuxtronikRegisters const registers({3, 92, 1});
    CHECK(registers.read_inputs(house, 100, 13).values.size() == 13);
    CHECK(registers.read_inputs(house, 0, 3).refused == Refusal::illegal_address);
    CHECK(registers.read_inputs(house, 0, 3).values.empty());
    CHECK(registers.read_holdings(3, 3).refused == Refusal::illegal_address);
    CHECK(registers.read_holdings(-1, 1).refused == Refusal::illegal_address);
}

TEST_CASE("firmware decides what is missing") {
    auto const house = house_in_january();
    LuxtronikRegisters const first({3, 90, 1}), second({3, 92, 0}), third({3, 92, 1});
    CHECK(one(first, house, 109) == -1);
    CHECK(one(first, house, 320) == -1);
    CHECK(one(second, house, 320) != -1);
    CHECK(held(first, 3) == -1);
    CHECK(held(second, 3) == 0);
    CHECK(held(second, 60) == -1);
    CHECK(held(third, 60) == 0);
    // What is not there is said so from 3.92.0 on.
    CHECK(one(first, house, 140) == 750);
    CHECK(one(second, house, 140) == 0x7fff);
    CHECK(one(third, house, 402) == 1);
}

TEST_CASE("a write over a missing register writes what lies before it") {
    LuxtronikRegisters registers({3, 90, 1});
    CHECK(registers.write(0, {1, 420, 30, 2}) == Refusal::illegal_address);
    CHECK(held(registers, 0) == 1);
    CHECK(held(registers, 1) == 420);
    CHECK(held(registers, 2) == 30);
    CHECK(registers.write(1, {751}) == Refusal::illegal_value);
    CHECK(registers.write(2, {static_cast<std::uint16_t>(-200)}) == std::nullopt);
    CHECK(held(registers, 2) == -200);
}

TEST_CASE("what was written is forgotten ten minutes after the last request") {
    LuxtronikRegisters registers({3, 92, 1});
    registers.asked(100s);
    REQUIRE(registers.write(0, {1}) == std::nullopt);
    CHECK(registers.take_changes().size() == 1);
    registers.let_lapse(699s);
    CHECK(held(registers, 0) == 1);
    registers.asked(699s);
    registers.let_lapse(1298s);
    CHECK(held(registers, 0) == 1);
    registers.let_lapse(1299s);
    CHECK(held(registers, 0) == 0);
    auto const changes = registers.take_changes();
    REQUIRE(changes.size() == 1);
    CHECK(changes.at(0).lapsed);
}
