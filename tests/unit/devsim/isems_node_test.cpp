// SPDX-License-Identifier: MIT
#include "devsim/isems_node.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>

using namespace devsim;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

SolarNode node(double battery_ah = 17, double panel_w = 50,
               NodeGeneration generation = NodeGeneration::esp32_2021) {
    SolarNode::Plan plan;
    plan.id = "solar-01";
    plan.generation = generation;
    plan.battery_ah = battery_ah;
    plan.panel_w = panel_w;
    return {plan, hours(6), 1};
}

long semicolons(std::string const& text) { return std::count(text.begin(), text.end(), ';'); }

}  // namespace

TEST_CASE("a solar day charges the battery and a night feeds the load from it") {
    auto solar = node();
    solar.advance(hours(1));
    double const morning = solar.charge();
    CHECK((solar.status() & 0xE00U) != 0);
    solar.advance(hours(12));
    double const evening = solar.charge();
    CHECK(evening > morning);
    solar.advance(hours(23));
    CHECK(solar.charge() < evening);
    CHECK((solar.status() & 0x400U) != 0);
    for (int hour = 24; hour < 240; ++hour) {
        solar.advance(hours(hour));
        CHECK(solar.battery_v() > 9);
        CHECK(solar.battery_v() < 15);
    }
}

TEST_CASE("a small battery is empty before morning and its node sleeps most of each minute") {
    auto solar = node(2);
    solar.advance(hours(23));
    CHECK(solar.battery_v() < 11.9);
    int awake = 0;
    for (int second = 0; second < 60; ++second) {
        solar.advance(hours(23) + std::chrono::seconds(second));
        awake += solar.awake() ? 1 : 0;
    }
    CHECK(awake == 6);
}

TEST_CASE("a line has 19 fields, 18 without its status, and the line of zeros 19") {
    auto solar = node();
    CHECK(solar.log() == "solar-01;1;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0");
    solar.advance(hours(6));
    solar.measure(1785570000, {});
    CHECK(semicolons(solar.log()) == 18);
    CHECK(solar.log().starts_with("solar-01;1;1785570000;ESP_2.0;"));
    auto old = node();
    old.measure(1785570000, {false, false});
    CHECK(semicolons(old.log()) == 17);
}

TEST_CASE("an ESP32 keeps five lines and a router 3,660") {
    auto solar = node();
    auto router = node(17, 50, NodeGeneration::router);
    for (int line = 0; line < 4000; ++line) {
        solar.measure(1785570000 + line, {});
        router.measure(1785570000 + line, {});
    }
    CHECK(solar.lines() == 5);
    CHECK_FALSE(solar.log().ends_with('\n'));
    CHECK(router.lines() == 3660);
    CHECK(router.log().ends_with('\n'));
}

TEST_CASE("the same seed has the same days") {
    auto one = node();
    auto other = node();
    for (int hour = 1; hour < 48; ++hour) {
        one.advance(hours(hour));
        other.advance(hours(hour));
        one.measure(hour, {true, true});
        other.measure(hour, {true, true});
    }
    CHECK(one.log() == other.log());
}
