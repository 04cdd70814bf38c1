// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_house.hpp"

#include "catch.hpp"

#include <algorithm>
#include <map>

using namespace devsim;

namespace {

constexpr std::int64_t january = 1'768'435'200;  // 15 January 2026, 0:00
constexpr std::int64_t july = 1'784'073'600;     // 15 July 2026, 0:00
constexpr int minutes_of_three_days = 3 * 24 * 60;

DeviceTime minute(int number) { return std::chrono::minutes(number); }

std::map<PumpMode, int> minutes_by_mode(std::int64_t clock) {
    House house(clock, 4);
    std::map<PumpMode, int> minutes;
    for (int i = 0; i < minutes_of_three_days; ++i) ++minutes[house.at(minute(i)).mode];
    return minutes;
}

}  // namespace

TEST_CASE("in winter the house is heated, in summer cooled, and it always has hot water") {
    auto const winter = minutes_by_mode(january);
    CHECK(winter.at(PumpMode::heating) > 300);
    CHECK(winter.count(PumpMode::cooling) == 0);
    auto const summer = minutes_by_mode(july);
    CHECK(summer.count(PumpMode::heating) == 0);
    CHECK(summer.at(PumpMode::cooling) > 60);
    for (auto const& day : {winter, summer}) {
        CHECK(day.at(PumpMode::hot_water) > 30);
        CHECK(day.at(PumpMode::utility_lock) == 3 * 60);
    }
}

TEST_CASE("what the house shows stays plausible and its counters never go back") {
    auto const start = GENERATE(january, july);
    House house(start, 9);
    HouseState before = house.at(minute(0));
    for (int i = 1; i < minutes_of_three_days; ++i) {
        HouseState const& now = house.at(minute(i));
        CAPTURE(start, i);
        REQUIRE((now.outdoor_c > -20 && now.outdoor_c < 40));
        REQUIRE((now.flow_c > 14 && now.flow_c < 62));
        REQUIRE((now.return_c > 14 && now.return_c < 45));
        REQUIRE((now.hot_water_c > 35 && now.hot_water_c < 52));
        REQUIRE((now.source_in_c > 3 && now.source_in_c < 16));
        REQUIRE((now.hot_gas_c > 15 && now.hot_gas_c < 95));
        REQUIRE(now.heating_s >= before.heating_s);
        REQUIRE(now.runtime_s >= before.runtime_s);
        REQUIRE(now.starts >= before.starts);
        REQUIRE(now.electric_heating_kwh >= before.electric_heating_kwh);
        before = now;
    }
    CHECK(before.starts > house.at(minute(0)).starts - 1);
}

TEST_CASE("the same seed is the same house, however often it is asked") {
    House often(january, 3);
    House seldom(january, 3);
    House other(january, 4);
    for (int i = 0; i <= 600; ++i) (void)often.at(minute(i));
    CHECK(often.at(minute(600)).return_c == seldom.at(minute(600)).return_c);
    CHECK(often.at(minute(600)).outdoor_c != other.at(minute(600)).outdoor_c);
}

TEST_CASE("what the house counts fits what it shows: energies are powers over time, run times are modes") {
    auto const source = GENERATE(HeatSource::brine, HeatSource::air);
    House house(january, 5, source);
    HouseState const before = house.at(minute(0));
    double heat_kwh = 0, electric_kwh = 0, running_s = 0;
    std::int64_t starts = 0;
    bool ran = before.compressor;
    constexpr int steps_of_two_days = 2 * 24 * 360;
    for (int i = 1; i <= steps_of_two_days; ++i) {
        auto const& now = house.at(std::chrono::seconds(10 * i));
        heat_kwh += now.compressor ? now.heat_w * 10 / 3.6e6 : 0;
        electric_kwh += now.compressor ? now.electric_w * 10 / 3.6e6 : 0;
        running_s += now.compressor ? 10 : 0;
        starts += now.compressor && !ran ? 1 : 0;
        ran = now.compressor;
    }
    auto const& after = house.at(minute(2 * 24 * 60));
    CHECK(heat_kwh > 100);
    CHECK(after.heat_heating_kwh + after.heat_hot_water_kwh - before.heat_heating_kwh -
              before.heat_hot_water_kwh ==
          Approx(heat_kwh).epsilon(0.001));
    CHECK(after.electric_heating_kwh + after.electric_hot_water_kwh - before.electric_heating_kwh -
              before.electric_hot_water_kwh ==
          Approx(electric_kwh).epsilon(0.001));
    CHECK(after.heating_s + after.hot_water_s - before.heating_s - before.hot_water_s == Approx(running_s));
    CHECK(after.starts - before.starts == starts);
    CHECK(after.electric_heating_kwh - after.shown_electric.heating_kwh < 2 * 4);
}

TEST_CASE("air freezes on in winter and is thawed off, brine never") {
    auto const defrosts = [](HeatSource source, std::int64_t clock) {
        House house(clock, 5, source);
        int begun = 0;
        bool defrosted = false;
        for (int i = 0; i < minutes_of_three_days; ++i) {
            auto const& now = house.at(minute(i));
            bool const defrosts_now = now.mode == PumpMode::defrost;
            begun += defrosts_now && !defrosted ? 1 : 0;
            defrosted = defrosts_now;
            if (defrosts_now) CHECK(now.heat_w == 0);
        }
        return begun;
    };
    CHECK(defrosts(HeatSource::air, january) > 5);
    CHECK(defrosts(HeatSource::air, july) == 0);
    CHECK(defrosts(HeatSource::brine, january) == 0);
}

TEST_CASE("hot water that is wanted hotter is made hotter, and what is not wanted is not made") {
    House house(january, 4);
    (void)house.at(minute(0));
    HouseWishes wishes;
    wishes.hot_water_c = 58;
    house.want(wishes);
    double hottest = 0;
    for (int i = 0; i < 24 * 60; ++i) hottest = std::max(hottest, house.at(minute(i)).hot_water_c);
    CHECK(hottest > 57);
    wishes.hot_water = false;
    house.want(wishes);
    for (int i = 24 * 60; i < 36 * 60; ++i) CHECK(house.at(minute(i)).mode != PumpMode::hot_water);
    CHECK(house.at(minute(36 * 60)).hot_water_c < hottest - 5);
}

TEST_CASE("a house that is wanted warmer has warmer water in its floor, and pays for it") {
    House usual(january, 4), warmer(january, 4), limited(january, 4);
    HouseWishes wishes;
    wishes.return_offset_k = 5;
    warmer.want(wishes);
    wishes = {};
    wishes.most_electric_w = 1000;
    limited.want(wishes);
    double usual_sum = 0, warmer_sum = 0;
    for (int i = 0; i < 24 * 60; ++i) {
        usual_sum += usual.at(minute(i)).return_c;
        warmer_sum += warmer.at(minute(i)).return_c;
        auto const& now = limited.at(minute(i));
        if (now.heat_w > 0) CHECK(now.electric_w < 1001);
    }
    CHECK((warmer_sum - usual_sum) / (24 * 60) > 2);
    CHECK(warmer.at(minute(24 * 60)).electric_heating_kwh >
          usual.at(minute(24 * 60)).electric_heating_kwh + 1);
}

TEST_CASE("a house that is not to be heated cools down, until it is to be again") {
    House house(january, 4);
    auto const before = house.at(minute(6 * 60)).return_c;
    HouseWishes wishes;
    wishes.heating = false;
    house.want(wishes);
    for (int i = 6 * 60 + 1; i < 18 * 60; ++i) CHECK(house.at(minute(i)).mode != PumpMode::heating);
    CHECK(house.at(minute(18 * 60)).return_c < before - 1);
    house.want({});
    CHECK(house.at(minute(30 * 60)).return_c > before - 1);
}
