// SPDX-License-Identifier: MIT
#include <bridge/field_table.hpp>

#include <bridge/unit.hpp>

namespace bridge {

namespace {

bool is_quantity(Field const& field) {
    return field.kind == Field::Kind::decimal || field.kind == Field::Kind::whole;
}

}  // namespace

std::string_view json_type(Field const& field) {
    switch (field.kind) {
        case Field::Kind::decimal:
            return "number";
        case Field::Kind::text:
            return "string";
        case Field::Kind::whole:
        case Field::Kind::flag:
        case Field::Kind::code:
        case Field::Kind::unix_time:
            break;
    }
    return "integer";
}

std::string_view unit_symbol(Field const& field) {
    auto const* const unit = is_quantity(field) ? unit_of(field.name) : nullptr;
    return unit ? unit->symbol : "";
}

std::string_view device_class(Field const& field) {
    if (!field.device_class.empty()) return field.device_class;
    auto const* const unit = is_quantity(field) ? unit_of(field.name) : nullptr;
    return unit ? unit->device_class : "";
}

std::string_view state_class(Field const& field) {
    if (!is_quantity(field)) return "";
    switch (field.course) {
        case Field::Course::measured:
            return "measurement";
        case Field::Course::total:
            return "total";
        case Field::Course::total_increasing:
            return "total_increasing";
        case Field::Course::fixed:
            break;
    }
    return "";
}

}  // namespace bridge
