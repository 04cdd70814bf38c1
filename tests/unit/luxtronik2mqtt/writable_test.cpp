// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/writable.hpp"

#include "luxtronik2mqtt/fields.hpp"
#include "luxtronik2mqtt/smart_home.hpp"

#include <bridge/command.hpp>

#include "catch.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace luxtronik;
using bridge::Value;

namespace {

constexpr Version v3_88{3, {88, 0}};
constexpr Version v3_90_1{3, {90, 1}};
constexpr Version v3_92_1{3, {92, 1}};

std::optional<Write> planned(std::string_view name, Value const& value,
                             std::optional<Version> const& version) {
    auto const write = plan_write(name, value, version);
    return write ? std::optional(*write) : std::nullopt;
}

}  // namespace

TEST_CASE("every writable parameter is published under a name, and none opens the controller's locks") {
    auto const table = fields();
    std::set<std::string_view> shown;
    for (auto const& field : table) {
        if (field.settable) shown.insert(field.settable->name);
    }
    std::set<std::uint32_t> indexes;
    for (auto const& row : writables()) {
        INFO(row.name);
        CHECK(shown.contains(row.name));
        CHECK(row.index != 107);
        CHECK(row.since < row.before);
        bool const chosen = row.step == 0;
        CHECK((chosen || (row.least < row.most && (row.most - row.least) % row.step == 0)));
        indexes.insert(row.index);
    }
    CHECK(shown.size() == writable_names().size() + override_names().size());
    CHECK(indexes.contains(105));
}

TEST_CASE("the list of what may be written names what is writable") {
    CHECK(*read_names(" dhw_setpoint, heating_mode,") ==
          std::vector<std::string>{"dhw_setpoint", "heating_mode"});
    CHECK(read_names("")->empty());
    for (auto const* list : {"access_level", "107", "dhw_setpoint heating_mode", "all"}) {
        auto const names = read_names(list);
        REQUIRE_FALSE(names.has_value());
        CHECK(names.error().code == bridge::Errc::config);
    }
    auto const allowed = only_settable(fields(), {"heating_mode"});
    CHECK(std::count_if(allowed.begin(), allowed.end(),
                        [](auto const& field) { return field.settable.has_value(); }) == 1);
}

TEST_CASE("the hot water setpoint is where the firmware keeps it") {
    CHECK(planned("dhw_setpoint", 48.5, v3_88)->index == 2);
    CHECK(planned("dhw_setpoint", 48.5, Version{3, {90, 0}})->index == 2);
    CHECK(planned("dhw_setpoint", 48.5, v3_90_1)->index == 105);
    CHECK(planned("dhw_setpoint", 48.5, v3_92_1)->index == 105);
    CHECK(planned("dhw_setpoint", 48.5, v3_92_1)->raw == 485);
}

TEST_CASE("nothing is written to firmware that restarts on it, or that is not known") {
    CHECK_FALSE(planned("dhw_setpoint", 48.5, Version{1, {90, 0}}));
    CHECK_FALSE(planned("dhw_setpoint", 48.5, Version{2, {90, 0}}));
    CHECK_FALSE(planned("dhw_setpoint", 48.5, std::nullopt));
    CHECK_FALSE(planned("dhw_setpoint", 48.5, Version{0, {88, 0}}));
    CHECK(planned("dhw_setpoint", 48.5, Version{2, {89, 0}}));
    CHECK(planned("dhw_setpoint", 48.5, Version{1, {90, 1}}));
}

TEST_CASE("bounds and steps are those of the firmware") {
    CHECK(planned("cooling_release", 30.0, v3_90_1)->raw == 300);
    CHECK_FALSE(planned("cooling_release", 35.0, v3_90_1));
    CHECK_FALSE(planned("cooling_release", 10.0, v3_90_1));
    CHECK(planned("cooling_release", 35.0, v3_92_1)->raw == 350);
    CHECK(planned("cooling_release", 10.0, v3_92_1)->raw == 100);
    CHECK_FALSE(planned("dhw_setpoint", 65.5, v3_88));
    CHECK_FALSE(planned("dhw_setpoint", 29.5, v3_88));
    CHECK_FALSE(planned("dhw_setpoint", 48.3, v3_88));
    CHECK(planned("heating_correction", -5.0, v3_88)->raw == -50);
    CHECK(planned("heating_mode", std::string("Off"), v3_88)->raw == 4);
    CHECK_FALSE(planned("heating_mode", std::string("Sometimes"), v3_88));
    CHECK(planned("dhw_reheating", std::int64_t{1}, v3_88)->raw == 1);
}

TEST_CASE("the table of fields says what can be set, whatever the firmware") {
    auto const table = fields();
    auto const find = [&](std::string_view name) {
        auto const found = std::find_if(table.begin(), table.end(),
                                        [name](auto const& field) { return field.name == name; });
        REQUIRE(found != table.end());
        REQUIRE(found->settable);
        return *found;
    };
    auto const setpoint = find("dhw_setpoint_c");
    CHECK(setpoint.settable->name == "dhw_setpoint");
    CHECK(bridge::range_text(setpoint) == "30 to 65 in steps of 0.5");
    CHECK(bridge::range_text(find("cooling_release_c")) == "10 to 35 in steps of 0.5");
    CHECK(bridge::range_text(find("heating_mode_text")) ==
          "Automatic, Second heatsource, Party, Holidays, Off");
    CHECK(bridge::range_text(find("dhw_reheating")) == "on or off");
}

TEST_CASE("a raw value is shown as its field has it") {
    CHECK(shown_value(105, 485) == Value(48.5));
    CHECK(shown_value(3, 4) == Value(std::string("Off")));
    CHECK(shown_value(3, 9) == Value(std::string("unknown 9")));
    CHECK(shown_value(994, 1) == Value(std::int64_t{1}));
}
