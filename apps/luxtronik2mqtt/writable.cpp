// SPDX-License-Identifier: MIT
#include "writable.hpp"

#include <bridge/text.hpp>

#include "name_list.hpp"
#include "smart_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using bridge::Value;

namespace {

constexpr Release first{};
constexpr Release v90_1{90, 1};
constexpr Release v92_1{92, 1};

constexpr std::array rows = {
    Writable{"heating_correction", 1, first, any_release, -50, 50, 5},
    Writable{"dhw_setpoint", 2, first, v90_1, 300, 650, 5},
    Writable{"dhw_setpoint", 105, v90_1, any_release, 300, 650, 5},
    Writable{"heating_mode", 3, first, any_release, 0, 0, 0},
    Writable{"dhw_mode", 4, first, any_release, 0, 0, 0},
    Writable{"heating_curve_end", 11, first, any_release, 200, 700, 5},
    Writable{"heating_curve_base", 12, first, any_release, 50, 350, 5},
    Writable{"heating_night_setback", 13, first, any_release, -150, 100, 5},
    Writable{"mixing_circuit_1_curve_end", 14, first, any_release, 200, 700, 5},
    Writable{"mixing_circuit_1_curve_base", 15, first, any_release, 50, 350, 5},
    Writable{"mixing_circuit_1_night_setback", 16, first, any_release, -150, 100, 5},
    Writable{"thermal_disinfection_temperature", 47, first, any_release, 500, 700, 5},
    Writable{"dhw_hysteresis", 74, first, any_release, 10, 300, 5},
    Writable{"return_hysteresis", 88, first, any_release, 5, 60, 5},
    Writable{"second_heater_release", 90, first, any_release, -200, 200, 5},
    Writable{"cooling_mode", 108, first, any_release, 0, 0, 0},
    Writable{"cooling_release", 110, first, v92_1, 180, 300, 5},
    Writable{"cooling_release", 110, v92_1, any_release, 100, 350, 5},
    Writable{"mixing_circuit_1_cooling_setpoint", 132, first, any_release, 180, 300, 5},
    Writable{"heating_limit", 700, first, any_release, 50, 300, 5},
    Writable{"cooling_start_delay", 850, first, any_release, 0, 120, 5},
    Writable{"cooling_stop_delay", 851, first, any_release, 0, 120, 5},
    Writable{"return_target_minimum", 979, first, any_release, 50, 300, 5},
    Writable{"dhw_reheating", 994, first, any_release, 0, 0, 0},
};

/// The field that shows a parameter.
Field const* shown_by(std::uint32_t index) {
    auto const table = field_table();
    auto const found = std::find_if(table.begin(), table.end(), [index](Field const& field) {
        return field.block == Block::parameters && field.index == index &&
               field.channel == Channel::parameters;
    });
    return found == table.end() ? nullptr : &*found;
}

double unit_of(Field const& field) { return field.form == Form::scaled ? field.divisor : 1; }

/// How people ask for the field of a writable parameter. Its rows together: not every firmware takes all.
std::optional<bridge::Settable> settable_by(std::string_view field_name) {
    std::optional<bridge::Settable> settable;
    for (auto const& row : rows) {
        auto const* const field = shown_by(row.index);
        if (!field) continue;
        bool const is_text = field->form == Form::choice;
        if (std::string(field->name) + (is_text ? "_text" : "") != field_name) continue;
        double const unit = unit_of(*field);
        if (settable) {
            settable->least = std::min(settable->least, row.least / unit);
            settable->most = std::max(settable->most, row.most / unit);
            continue;
        }
        settable =
            bridge::Settable{std::string(row.name), row.least / unit, row.most / unit, row.step / unit};
        for (auto const& choice : field->choices) settable->options.emplace_back(choice.text);
    }
    return settable;
}

bool holds(Writable const& row, Release release) { return release >= row.since && release < row.before; }

/// These obey any write, acknowledge none, freeze and start anew. (BenPru/luxtronik, issues 761, 806 and
/// 809.)
bool restarts_on_write(Version const& version) {
    return (version.line == 1 || version.line == 2) && version.release == Release{90, 0};
}

std::optional<std::int32_t> raw_value(Field const& field, Value const& value) {
    if (auto const* const text = std::get_if<std::string>(&value)) {
        auto const found = std::find_if(field.choices.begin(), field.choices.end(),
                                        [text](Choice const& choice) { return choice.text == *text; });
        return found == field.choices.end() ? std::nullopt : std::optional(found->code);
    }
    if (auto const* const whole = std::get_if<std::int64_t>(&value)) return static_cast<std::int32_t>(*whole);
    return static_cast<std::int32_t>(std::lround(std::get<double>(value) * unit_of(field)));
}

bool is_within(Writable const& row, std::int32_t raw) {
    if (row.step == 0) return true;
    return raw >= row.least && raw <= row.most && (raw - row.least) % row.step == 0;
}

}  // namespace

std::span<Writable const> writables() { return rows; }

std::vector<std::string> writable_names() {
    std::vector<std::string> names;
    for (auto const& row : rows) {
        if (names.empty() || names.back() != row.name) names.emplace_back(row.name);
    }
    return names;
}

Result<std::vector<std::string>> read_names(std::string_view list) {
    auto known = writable_names();
    for (auto& name : override_names()) known.push_back(std::move(name));
    auto names = names_in(list);
    for (auto const& name : names) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            return Error{Errc::config, fmt::format("{} cannot be set; each name must be one of {}",
                                                   bridge::quote(name, 40), fmt::join(known, ", "))};
    }
    return names;
}

bridge::FieldTable with_settable(bridge::FieldTable table) {
    for (auto& field : table) {
        if (field.channel == "parameters") field.settable = settable_by(field.name);
    }
    return table;
}

bridge::FieldTable only_settable(bridge::FieldTable table, std::vector<std::string> const& names) {
    for (auto& field : table) {
        bool const allowed =
            field.settable && std::find(names.begin(), names.end(), field.settable->name) != names.end();
        if (allowed) continue;
        // Forty of them: who may not set them has no use for them in a house automation.
        if (field.settable && field.channel == "smart_home") field.entity = bridge::Field::Entity::none;
        field.settable.reset();
    }
    return table;
}

Result<Write> plan_write(std::string_view name, Value const& value, std::optional<Version> const& version) {
    if (!version || version->line == 0)
        return Error{Errc::unsupported, "the controller does not say which firmware it has"};
    if (restarts_on_write(*version))
        return Error{Errc::unsupported, "this firmware restarts the controller on every write"};
    for (auto const& row : rows) {
        if (row.name != name || !holds(row, version->release)) continue;
        auto const* const field = shown_by(row.index);
        auto const raw = field ? raw_value(*field, value) : std::nullopt;
        if (!raw || !is_within(row, *raw))
            return Error{Errc::out_of_range, fmt::format("{} takes {} to {} in steps of {} on this firmware",
                                                         name, field ? row.least / unit_of(*field) : 0,
                                                         field ? row.most / unit_of(*field) : 0,
                                                         field ? row.step / unit_of(*field) : 0)};
        return Write{row.index, *raw};
    }
    return Error{Errc::unsupported, fmt::format("this firmware has no {}", name)};
}

Value shown_value(std::uint32_t index, std::int32_t raw) {
    auto const* const field = shown_by(index);
    if (!field) return std::int64_t{raw};
    if (field->form == Form::scaled) return raw / unit_of(*field);
    if (field->form != Form::choice) return std::int64_t{raw};
    auto const found = std::find_if(field->choices.begin(), field->choices.end(),
                                    [raw](Choice const& choice) { return choice.code == raw; });
    return found == field->choices.end() ? fmt::format("unknown {}", raw) : std::string(found->text);
}

}  // namespace luxtronik
