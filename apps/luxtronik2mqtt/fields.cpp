// SPDX-License-Identifier: MIT
#include "fields.hpp"

#include "derived_fields.hpp"
#include "field_table.hpp"
#include "smart_home.hpp"
#include "writable.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace luxtronik {

namespace {

using Kind = bridge::Field::Kind;

Kind kind_of(Field const& field) {
    switch (field.form) {
        case Form::scaled:
        case Form::half_hours:
            return Kind::decimal;
        case Form::whole:
        case Form::tenth_kilowatts:
        case Form::frequency_code:
            return Kind::whole;
        case Form::flag:
        case Form::contact_rail:
            return Kind::flag;
        case Form::choice:
            return Kind::code;
        case Form::unix_time:
            return Kind::unix_time;
        case Form::version:
        case Form::short_version:
        case Form::ip_address:
        case Form::time_of_day:
        case Form::time_window:
            break;
    }
    return Kind::text;
}

Kind kind_of(Register const& known) {
    switch (known.form) {
        case RegisterForm::scaled:
            return Kind::decimal;
        case RegisterForm::hundred:
        case RegisterForm::whole:
            return Kind::whole;
        case RegisterForm::flag:
        case RegisterForm::bit:
            return Kind::flag;
        case RegisterForm::choice:
            return Kind::code;
        case RegisterForm::version:
            break;
    }
    return Kind::text;
}

/// A code and its text are two fields of one name.
void add(bridge::FieldTable& table, bridge::Field field) {
    if (field.kind != Kind::code) return table.push_back(std::move(field));
    auto code = field;
    code.name += "_code";
    code.entity = bridge::Field::Entity::none;
    code.settable.reset();
    code.meaning = "The controller's number of what `" + field.name + "_text` says.";
    table.push_back(std::move(code));
    field.name += "_text";
    field.kind = Kind::text;
    table.push_back(std::move(field));
}

std::optional<bridge::Settable> settable_of(Register const& known) {
    auto const name = override_name(known);
    if (name.empty()) return std::nullopt;
    auto const in_unit = [&known](std::int32_t raw) {
        return known.form == RegisterForm::hundred ? raw * 100.0 : raw / static_cast<double>(known.divisor);
    };
    bridge::Settable settable{name, in_unit(known.least), in_unit(known.most), in_unit(1)};
    for (auto const& choice : known.choices) settable.options.emplace_back(choice.text);
    return settable;
}

/// A value of the Smart Home Interface: off in house automations; its limits, and what the other interface
/// says under the same name, are in the topic only.
bridge::Field field_of(Register const& known, bool said_twice) {
    bool const is_limit =
        known.place.list == RegisterList::inputs && known.course == bridge::Field::Course::fixed;
    bool const hidden = is_limit || said_twice;
    return {.channel = "smart_home",
            .name = std::string(known.name),
            .kind = kind_of(known),
            .course = known.course,
            .entity = hidden ? bridge::Field::Entity::none : bridge::Field::Entity::off,
            .english = std::string(known.english) + " (Smart Home)",
            .german = std::string(known.german) + " (Smart Home)",
            .meaning = std::string(known.meaning),
            .settable = settable_of(known)};
}

}  // namespace

bridge::FieldTable fields() {
    bridge::FieldTable table;
    std::set<std::string_view> seen;  // a name may have another place in another firmware
    auto const named = named_fields();
    for (auto const& field : field_table()) {
        bool const published = field.channel == Channel::reading || field.channel == Channel::parameters;
        if (!published || !seen.insert(field.name).second) continue;
        auto const known = std::find_if(named.begin(), named.end(),
                                        [&](NamedField const& one) { return one.name == field.name; });
        if (known == named.end()) continue;  // the build tool refuses such a table
        add(table, {.channel = field.channel == Channel::parameters ? "parameters" : "",
                    .name = std::string(field.name),
                    .kind = kind_of(field),
                    .course = known->course,
                    .entity = known->entity,
                    .diagnostic = known->diagnostic,
                    .english = std::string(known->english),
                    .german = std::string(known->german),
                    .meaning = std::string(known->meaning)});
    }
    for (auto const& known : smart_home_table()) {
        if (!known.name.empty()) add(table, field_of(known, seen.contains(known.name)));
    }
    auto derived = derived_fields();
    std::move(derived.begin(), derived.end(), std::back_inserter(table));
    return with_settable(std::move(table));
}

}  // namespace luxtronik
