// SPDX-License-Identifier: MIT
#include <bridge/field_table.hpp>
#include <bridge/unit.hpp>

#include "catch.hpp"

using namespace bridge;
using Kind = Field::Kind;
using Course = Field::Course;

TEST_CASE("the longest end of a name is its unit") {
    CHECK(unit_of("flow_temperature_c")->symbol == "°C");
    CHECK(unit_of("heating_flow_l_h")->symbol == "L/h");
    CHECK(unit_of("ca_mg_l")->symbol == "mg/L");
    CHECK(unit_of("second_heater_release_min")->symbol == "min");
    CHECK(unit_of("line_count") == nullptr);
    CHECK(unit_of("status_code") == nullptr);
    CHECK(unit_of("_") == nullptr);
    CHECK(unit_of("") == nullptr);
}

TEST_CASE("what a field's kind and name say to a house automation") {
    struct Row {
        Field field;
        std::string_view type, unit, device_class, state_class;
    };
    for (auto const& row : {
             Row{{.name = "flow_c"}, "number", "°C", "temperature", "measurement"},
             Row{{.name = "heat_kwh", .course = Course::total_increasing},
                 "number",
                 "kWh",
                 "energy",
                 "total_increasing"},
             Row{{.name = "heat_kwh", .course = Course::total}, "number", "kWh", "energy", "total"},
             Row{{.name = "limit_c", .course = Course::fixed}, "number", "°C", "temperature", ""},
             Row{{.name = "line_count", .kind = Kind::whole}, "integer", "", "", "measurement"},
             Row{{.name = "pump_output", .kind = Kind::flag}, "integer", "", "", ""},
             Row{{.name = "mode_code", .kind = Kind::code}, "integer", "", "", ""},
             Row{{.name = "mode_text", .kind = Kind::text}, "string", "", "", ""},
             Row{{.name = "clock_s", .kind = Kind::unix_time}, "integer", "", "", ""},
             Row{{.name = "charge_pct", .device_class = "battery"}, "number", "%", "battery", "measurement"},
         }) {
        INFO(row.field.name);
        CHECK(json_type(row.field) == row.type);
        CHECK(unit_symbol(row.field) == row.unit);
        CHECK(device_class(row.field) == row.device_class);
        CHECK(state_class(row.field) == row.state_class);
    }
}
