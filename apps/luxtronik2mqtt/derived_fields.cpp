// SPDX-License-Identifier: MIT
#include "derived_fields.hpp"

#include <array>
#include <string>
#include <string_view>

namespace luxtronik {

namespace {

using bridge::Field;
using Kind = Field::Kind;
using Course = Field::Course;
using Entity = Field::Entity;

struct Row {
    std::string_view channel, name;
    Kind kind;
    Course course;
    Entity entity;
    std::string_view english, german, meaning;
};

constexpr std::array rows = {
    Row{"", "heat_output_estimated_w", Kind::whole, Course::measured, Entity::off, "Heat output, estimated",
        "Heizleistung, geschätzt",
        "From flow rate, flow and return temperature where the controller gives no heat output: rough, since "
        "the "
        "sensors show tenths of a degree."},
    Row{"", "cop", Kind::decimal, Course::measured, Entity::on, "COP", "Leistungszahl",
        "Heat output by electric input, while the pump has been running unchanged for three minutes and both "
        "are plausible."},

    Row{"day", "date_text", Kind::text, Course::measured, Entity::none, "", "",
        "The day that all but `life_...` and `last_...` are of, by the time zone of the bridge's host."},
    Row{"day", "since_midnight", Kind::flag, Course::measured, Entity::off, "Day is complete",
        "Tag vollständig",
        "1: counted from midnight on; 0: from later on, since what came before cannot be told from the day "
        "before."},
    Row{"day", "heat_kwh", Kind::decimal, Course::total_increasing, Entity::on, "Heat today", "Wärme heute",
        "Growth of the heat meters since midnight, all uses."},
    Row{"day", "heat_heating_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Heat for heating today", "Wärme Heizung heute", "Growth of the heat meter since midnight."},
    Row{"day", "heat_dhw_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Heat for hot water today", "Wärme Warmwasser heute", "Growth of the heat meter since midnight."},
    Row{"day", "heat_pool_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Heat for the pool today", "Wärme Schwimmbad heute", "Growth of the heat meter since midnight."},
    Row{"day", "electric_kwh", Kind::decimal, Course::total_increasing, Entity::on, "Electric energy today",
        "Stromverbrauch heute", "Growth of the counters of electric energy since midnight, all uses."},
    Row{"day", "electric_heating_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Electric energy for heating today", "Stromverbrauch Heizung heute",
        "Growth of the controller's counter since midnight."},
    Row{"day", "electric_dhw_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Electric energy for hot water today", "Stromverbrauch Warmwasser heute",
        "Growth of the controller's counter since midnight."},
    Row{"day", "electric_cooling_kwh", Kind::decimal, Course::total_increasing, Entity::off,
        "Electric energy for cooling today", "Stromverbrauch Kühlung heute",
        "Growth of the controller's counter since midnight."},
    Row{"day", "cop", Kind::decimal, Course::measured, Entity::on, "COP today", "Arbeitszahl heute",
        "Heat by electric energy of the uses that have both counters, from the electric counters' last step "
        "before midnight to their newest."},
    Row{"day", "cop_heating", Kind::decimal, Course::measured, Entity::off, "COP of heating today",
        "Arbeitszahl Heizung heute", "As `cop`, of heating alone."},
    Row{"day", "cop_dhw", Kind::decimal, Course::measured, Entity::off, "COP of hot water today",
        "Arbeitszahl Warmwasser heute", "As `cop`, of hot water alone."},
    Row{"day", "life_cop", Kind::decimal, Course::measured, Entity::off, "COP since the counters began",
        "Arbeitszahl gesamt",
        "The heat meters by the counters of electric energy, as they stand: wrong if one of them began "
        "later."},
    Row{"day", "life_cop_heating", Kind::decimal, Course::measured, Entity::off,
        "COP of heating since the counters began", "Arbeitszahl Heizung gesamt",
        "As `life_cop`, of heating alone."},
    Row{"day", "life_cop_dhw", Kind::decimal, Course::measured, Entity::off,
        "COP of hot water since the counters began", "Arbeitszahl Warmwasser gesamt",
        "As `life_cop`, of hot water alone."},
    Row{"day", "running_h", Kind::decimal, Course::total_increasing, Entity::off, "Run time today",
        "Laufzeit heute", "How long the heat pump has been running since midnight."},
    Row{"day", "heating_h", Kind::decimal, Course::total_increasing, Entity::off, "Heating time today",
        "Heizzeit heute", "How long it has been heating the house since midnight."},
    Row{"day", "dhw_h", Kind::decimal, Course::total_increasing, Entity::off, "Hot water time today",
        "Warmwasserzeit heute", "How long it has been heating the hot water since midnight."},
    Row{"day", "cooling_h", Kind::decimal, Course::total_increasing, Entity::off, "Cooling time today",
        "Kühlzeit heute", "How long it has been cooling since midnight."},
    Row{"day", "pool_h", Kind::decimal, Course::total_increasing, Entity::off, "Pool time today",
        "Schwimmbadzeit heute", "How long it has been heating the pool since midnight."},
    Row{"day", "second_heater_1_h", Kind::decimal, Course::total_increasing, Entity::off,
        "Second heater 1 time today", "Laufzeit ZWE1 heute", "How long it has been on since midnight."},
    Row{"day", "second_heater_2_h", Kind::decimal, Course::total_increasing, Entity::off,
        "Second heater 2 time today", "Laufzeit ZWE2 heute", "How long it has been on since midnight."},
    Row{"day", "compressor_1_starts_count", Kind::whole, Course::total_increasing, Entity::on,
        "Compressor 1 starts today", "Starts Verdichter 1 heute", "Starts since midnight."},
    Row{"day", "compressor_2_starts_count", Kind::whole, Course::total_increasing, Entity::off,
        "Compressor 2 starts today", "Starts Verdichter 2 heute", "Starts since midnight."},
    Row{"day", "defrosts_count", Kind::whole, Course::total_increasing, Entity::off, "Defrosts today",
        "Abtauungen heute",
        "Defrosts seen since midnight; absent on a day on which one may have been missed."},
    Row{"day", "mean_run_min", Kind::decimal, Course::measured, Entity::off, "Mean compressor run today",
        "Mittlere Laufzeit je Start heute",
        "From start to stop of compressor 1: mean of the runs that ended since midnight."},
    Row{"day", "last_run_min", Kind::decimal, Course::measured, Entity::off, "Last compressor run",
        "Letzte Laufzeit Verdichter 1",
        "From start to stop of compressor 1: the newest run of which both are known."},
    Row{"day", "life_mean_run_min", Kind::decimal, Course::measured, Entity::off,
        "Mean compressor run since the counters began", "Mittlere Laufzeit je Start gesamt",
        "Run time of compressor 1 by its starts, as the counters stand."},
};

}  // namespace

bridge::FieldTable derived_fields() {
    bridge::FieldTable table;
    for (auto const& row : rows) {
        table.push_back({.channel = std::string(row.channel),
                         .name = std::string(row.name),
                         .kind = row.kind,
                         .course = row.course,
                         .entity = row.entity,
                         .english = std::string(row.english),
                         .german = std::string(row.german),
                         .meaning = std::string(row.meaning)});
    }
    return table;
}

}  // namespace luxtronik
