// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/overrides.hpp"

#include "catch.hpp"

#include <string_view>
#include <vector>

using namespace luxtronik;

namespace {

Register const& holding(std::string_view name) {
    auto const* found = holding_named(name);
    REQUIRE(found != nullptr);
    return *found;
}

Register const& mode() { return holding("heating_override_mode"); }
Register const& setpoint() { return holding("heating_override_setpoint"); }
Register const& lock() { return holding("dhw_lock"); }

RegisterPlace at(int index) { return {RegisterList::holdings, static_cast<std::uint16_t>(index)}; }

}  // namespace

TEST_CASE("an override is held until it is set to the usual") {
    Overrides overrides;
    overrides.set(mode(), 0);
    CHECK(overrides.empty());
    overrides.set(mode(), 1);
    overrides.set(setpoint(), 420);
    CHECK(overrides.all() == std::vector<RegisterWrite>{{0, 1}, {1, 420}});
    overrides.set(setpoint(), 350);
    CHECK(overrides.all() == std::vector<RegisterWrite>{{0, 1}});
}

TEST_CASE("letting go writes the usual values, modes first") {
    Overrides overrides;
    overrides.set(setpoint(), 420);
    overrides.set(mode(), 1);
    overrides.set(lock(), 1);
    overrides.set(holding("power_limit_override"), 42);
    overrides.set(holding("power_limit_override_mode"), 2);
    CHECK(overrides.release() == std::vector<RegisterWrite>{{0, 0}, {40, 0}, {51, 0}, {1, 350}, {41, 300}});
}

TEST_CASE("with its mode, what depends on it is let go too, and nothing else") {
    Overrides overrides;
    overrides.set(mode(), 1);
    overrides.set(setpoint(), 420);
    overrides.set(lock(), 1);
    CHECK(overrides.end_of_mode(setpoint()).empty());
    CHECK(overrides.end_of_mode(mode()).empty());
    overrides.set(mode(), 0);
    CHECK(overrides.end_of_mode(mode()) == std::vector<RegisterWrite>{{1, 350}});
    CHECK(overrides.all() == std::vector<RegisterWrite>{{51, 1}});
}

TEST_CASE("what the controller forgot is written again, what somebody else wants is left to them") {
    Overrides overrides;
    overrides.set(mode(), 1);
    overrides.set(setpoint(), 420);
    overrides.set(lock(), 1);
    auto const compared = overrides.compare({{at(0), 0}, {at(1), 500}, {at(51), 1}});
    CHECK(compared.forgotten == std::vector<RegisterWrite>{{0, 1}});
    CHECK(compared.taken_over == std::vector<std::string>{"heating_override_setpoint_c"});
    CHECK(overrides.all() == std::vector<RegisterWrite>{{0, 1}, {51, 1}});
    // What was not read says nothing.
    CHECK(overrides.compare({}).forgotten.empty());
    CHECK(overrides.size() == 2);
}

TEST_CASE("hot water that was wanted once is not wanted again when it is done") {
    Overrides overrides;
    overrides.set(holding("extra_dhw_request"), 1);
    CHECK(overrides.all().empty());
    CHECK(overrides.release() == std::vector<RegisterWrite>{{71, 0}});
    auto const compared = overrides.compare({{at(71), 0}});
    CHECK(compared.forgotten.empty());
    CHECK(compared.taken_over.empty());
    CHECK(overrides.empty());
}

TEST_CASE("what an earlier run left behind is known, and let go") {
    Overrides overrides;
    overrides.set(mode(), 1);
    overrides.set(lock(), 1);
    auto const left = Overrides::left_behind(overrides.to_text());
    CHECK(left.release() == std::vector<RegisterWrite>{{0, 0}, {51, 0}});
    CHECK(Overrides::left_behind("").empty());
    CHECK(Overrides::left_behind("nonsense\n60\n4\n70000\n").empty());
}
