// SPDX-License-Identifier: MIT
#include "equipment.hpp"

#include "derived_fields.hpp"
#include "field_table.hpp"
#include "fields.hpp"
#include "name_list.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

/// What a controller can give: all fields but those that are derived.
Equipment::Names given_names() {
    Equipment::Names names;
    auto const derived = derived_fields();
    for (auto const& field : fields()) {
        bool const is_derived = std::any_of(derived.begin(), derived.end(), [&](bridge::Field const& other) {
            return other.channel == field.channel && other.name == field.name;
        });
        if (!is_derived) names.insert(field.name);
    }
    return names;
}

bool may_be_taken_for_missing(std::string_view name) {
    auto const table = field_table();
    return std::any_of(table.begin(), table.end(), [name](Field const& field) {
        return field.name == name && (!field.absent.empty() || field.needs.index >= 0);
    });
}

}  // namespace

Result<Equipment> read_equipment(std::string_view present, std::string_view absent) {
    Equipment equipment;
    auto const known = given_names();
    for (auto& name : names_in(absent)) {
        if (!known.contains(name))
            return Error{Errc::config,
                         fmt::format("{} is no field of a heat pump; each name must be one of "
                                     "outdoor_temperature_c, flow_temperature_c and the others in "
                                     "docs/fields.md",
                                     bridge::quote(name, 40))};
        equipment.absent.insert(std::move(name));
    }
    for (auto& name : names_in(present)) {
        if (!may_be_taken_for_missing(name))
            return Error{Errc::config,
                         fmt::format("{} is never taken for missing; each name must be one of "
                                     "external_return_temperature_c, mixing_circuit_1_flow_temperature_c and "
                                     "the others that may be",
                                     bridge::quote(name, 40))};
        if (equipment.lacks(name))
            return Error{Errc::config,
                         fmt::format("{} cannot be both present and absent", bridge::quote(name, 40))};
        equipment.present.insert(std::move(name));
    }
    return equipment;
}

}  // namespace luxtronik
