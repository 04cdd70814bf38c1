// SPDX-License-Identifier: MIT
#include "fields.hpp"

#include <array>
#include <string>
#include <string_view>

namespace mastertronic {

using bridge::Field;

namespace {

/// A quantity that is tested: its channel has one field.
struct Tested {
    std::string_view channel, field, english, german, meaning;
};

constexpr std::array tested = {
    Tested{"kh", "kh_dkh", "Carbonate hardness", "Karbonathärte", "Carbonate hardness (KH)."},
    Tested{"ca", "ca_mg_l", "Calcium", "Calcium", "Calcium in the water."},
    Tested{"mg", "mg_mg_l", "Magnesium", "Magnesium", "Magnesium in the water."},
    Tested{"no3", "no3_mg_l", "Nitrate", "Nitrat", "Nitrate (NO3) in the water."},
    Tested{"no2", "no2_mg_l", "Nitrite", "Nitrit", "Nitrite (NO2) in the water."},
    Tested{"po4", "po4_mg_l", "Phosphate", "Phosphat", "Phosphate (PO4) in the water."},
    Tested{"nh4", "nh4_mg_l", "Ammonium", "Ammonium", "Ammonium (NH4) in the water."},
    Tested{"fe", "fe_mg_l", "Iron", "Eisen", "Iron in the water."},
    Tested{"i", "i_mg_l", "Iodine", "Jod", "Iodine in the water."},
    Tested{"oli", "oli_u", "OLI", "OLI", "What the device calls OLI, in a unit of its own."},
};

Field diagnostic_count(std::string name, Field::Entity entity, std::string english, std::string german,
                       std::string meaning) {
    return {.name = std::move(name),
            .kind = Field::Kind::whole,
            .entity = entity,
            .diagnostic = true,
            .english = std::move(english),
            .german = std::move(german),
            .meaning = std::move(meaning)};
}

}  // namespace

bridge::FieldTable fields() {
    bridge::FieldTable table = {
        diagnostic_count("result_count", Field::Entity::on, "Stored results", "Gespeicherte Ergebnisse",
                         "Results that the device's newest dump holds."),
        diagnostic_count("dump_size_bytes", Field::Entity::off, "Size of the dump", "Größe des Abzugs",
                         "Size of the device's newest dump."),
    };
    for (auto const& one : tested) {
        table.push_back({.channel = std::string(one.channel),
                         .name = std::string(one.field),
                         .english = std::string(one.english),
                         .german = std::string(one.german),
                         .meaning = std::string(one.meaning)});
    }
    return table;
}

}  // namespace mastertronic
