// SPDX-License-Identifier: MIT
#include "smart_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace luxtronik {

using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::Reading;
using bridge::Result;
using bridge::Sample;

namespace {

constexpr std::string_view tag = "SHI1";
constexpr std::size_t entry_size = 5;
constexpr unsigned reads_holdings = 3;
constexpr unsigned reads_inputs = 4;
constexpr RegisterPlace version_place{RegisterList::inputs, 400};

std::optional<std::uint16_t> word_at(Registers const& registers, RegisterPlace place) {
    auto const found = registers.find(place);
    return found == registers.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::array<int, 3>> version_numbers(Registers const& registers) {
    std::array<int, 3> numbers{};
    RegisterPlace place = version_place;
    for (int& number : numbers) {
        auto const word = word_at(registers, place);
        if (!word) return std::nullopt;
        number = *word;
        ++place.index;
    }
    return numbers;
}

std::string version_text(std::array<int, 3> const& numbers) {
    return fmt::format("V{}.{}.{}", numbers[0], numbers[1], numbers[2]);
}

/// The number that its words make; nothing if they are not all there, or say that there is none.
std::optional<std::int32_t> raw_number(Register const& field, Registers const& registers) {
    auto const first = word_at(registers, field.place);
    if (!first) return std::nullopt;
    if (field.words == 1) {
        if (!field.is_signed) return *first;
        if (*first == not_available) return std::nullopt;
        return static_cast<std::int16_t>(*first);
    }
    RegisterPlace second_place = field.place;
    ++second_place.index;
    auto const second = word_at(registers, second_place);
    if (!second) return std::nullopt;
    return static_cast<std::int32_t>(std::uint32_t{*first} << 16U | *second);
}

std::string choice_text(Register const& field, std::int32_t code) {
    auto const found = std::find_if(field.choices.begin(), field.choices.end(),
                                    [code](Choice const& choice) { return choice.code == code; });
    return found == field.choices.end() ? fmt::format("unknown {}", code) : std::string(found->text);
}

void append(std::vector<Reading>& readings, Register const& field, Registers const& registers) {
    auto value = register_value(field, registers);
    if (!value) return;
    std::string const name(field.name.empty() ? field.identifier : field.name);
    if (field.form != RegisterForm::choice) return readings.push_back({name, std::move(*value)});
    readings.push_back({name + "_code", std::int64_t{raw_number(field, registers).value_or(0)}});
    readings.push_back({name + "_text", std::move(*value)});
}

std::optional<double> number_of(bridge::Value const& value) {
    if (auto const* decimal = std::get_if<double>(&value)) return *decimal;
    if (auto const* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::nullopt;
}

/// The raw number, still of any size; nothing if there is none that is exactly it.
std::optional<double> exact_raw(Register const& holding, bridge::Value const& value) {
    if (holding.form == RegisterForm::choice) {
        auto const* text = std::get_if<std::string>(&value);
        if (!text) return std::nullopt;
        auto const found = std::find_if(holding.choices.begin(), holding.choices.end(),
                                        [text](Choice const& choice) { return choice.text == *text; });
        return found == holding.choices.end() ? std::nullopt : std::optional<double>(found->code);
    }
    auto const number = number_of(value);
    if (!number) return std::nullopt;
    double const raw = holding.form == RegisterForm::scaled    ? *number * holding.divisor
                       : holding.form == RegisterForm::hundred ? *number / 100
                                                               : *number;
    constexpr double noise = 1e-6;
    return std::abs(raw - std::round(raw)) < noise ? std::optional(std::round(raw)) : std::nullopt;
}

}  // namespace

std::string smart_home_frame(Registers const& registers) {
    std::string bytes(tag);
    for (auto const& [place, value] : registers) {
        bytes += static_cast<char>(place.list == RegisterList::holdings ? reads_holdings : reads_inputs);
        for (unsigned const word : {unsigned{place.index}, unsigned{value}}) {
            bytes += static_cast<char>(word >> 8U);
            bytes += static_cast<char>(word & 0xffU);
        }
    }
    return bytes;
}

bool begins_smart_home(Bytes bytes) { return bridge::as_text(bytes).starts_with(tag); }

Result<Registers> smart_home_registers(Bytes frame) {
    if (!begins_smart_home(frame) || (frame.size() - tag.size()) % entry_size != 0)
        return Error{Errc::malformed, "no whole registers"};
    Registers registers;
    for (Bytes rest = frame.subspan(tag.size()); !rest.empty(); rest = rest.subspan(entry_size)) {
        auto const byte = [&](std::size_t at) { return std::to_integer<unsigned>(rest[at]); };
        if (byte(0) != reads_holdings && byte(0) != reads_inputs)
            return Error{Errc::malformed, fmt::format("no register is read by function {}", byte(0))};
        RegisterPlace const place{byte(0) == reads_holdings ? RegisterList::holdings : RegisterList::inputs,
                                  static_cast<std::uint16_t>(byte(1) << 8U | byte(2))};
        if (!registers.empty() && place <= registers.rbegin()->first)
            return Error{Errc::malformed, "registers out of order"};
        registers[place] = static_cast<std::uint16_t>(byte(3) << 8U | byte(4));
    }
    return registers;
}

Result<Release> smart_home_release(Registers const& registers) {
    auto const numbers = version_numbers(registers);
    if (!numbers) return Error{Errc::malformed, "the controller says no version in its registers 400 to 402"};
    Release const release{(*numbers)[1], (*numbers)[2]};
    constexpr int known_line = 3;
    if ((*numbers)[0] > known_line) return Release{std::numeric_limits<int>::max(), 0};
    if (release < first_smart_home) {
        return Error{Errc::unsupported,
                     fmt::format("firmware {} has no Smart Home Interface: V3.90.1 is the first that has",
                                 version_text(*numbers))};
    }
    return release;
}

Result<std::vector<Sample>> decode_smart_home(Bytes frame, bridge::Timestamp received, Selection selection) {
    auto const registers = smart_home_registers(frame);
    if (!registers) return registers.error();
    auto const release = smart_home_release(*registers);
    if (!release) return release.error();
    Sample sample{"", "smart_home", received, {}};
    for (auto const& field : smart_home_table()) {
        if (field.name.empty() && selection == Selection::named) continue;
        append(sample.readings, field, *registers);
    }
    return std::vector{std::move(sample)};
}

std::optional<bridge::Value> register_value(Register const& field, Registers const& registers) {
    if (field.form == RegisterForm::version) {
        auto const numbers = version_numbers(registers);
        return numbers ? std::optional<bridge::Value>(version_text(*numbers)) : std::nullopt;
    }
    auto const raw = raw_number(field, registers);
    if (!raw || *raw < field.least || *raw > field.most) return std::nullopt;
    switch (field.form) {
        case RegisterForm::scaled:
            return *raw / static_cast<double>(field.divisor);
        case RegisterForm::hundred:
            return std::int64_t{*raw} * 100;
        case RegisterForm::bit:
            return std::int64_t{(*raw & field.divisor) != 0 ? 1 : 0};
        case RegisterForm::choice:
            return choice_text(field, *raw);
        case RegisterForm::whole:
        case RegisterForm::flag:
        case RegisterForm::version:
            break;
    }
    return std::int64_t{*raw};
}

std::string override_name(Register const& field) {
    if (field.place.list != RegisterList::holdings) return {};
    bool const has_unit = field.form == RegisterForm::scaled || field.form == RegisterForm::hundred;
    return std::string(has_unit ? field.name.substr(0, field.name.rfind('_')) : field.name);
}

std::vector<std::string> override_names() {
    std::vector<std::string> names;
    for (auto const& field : smart_home_table()) {
        auto name = override_name(field);
        if (!name.empty()) names.push_back(std::move(name));
    }
    return names;
}

Register const* holding_named(std::string_view name) {
    auto const table = smart_home_table();
    auto const found = std::find_if(table.begin(), table.end(), [name](Register const& field) {
        return !name.empty() && override_name(field) == name;
    });
    return found == table.end() ? nullptr : &*found;
}

Result<std::uint16_t> raw_of(Register const& holding, bridge::Value const& value) {
    auto const raw = exact_raw(holding, value);
    if (!raw || *raw < holding.least || *raw > holding.most)
        return Error{Errc::out_of_range, fmt::format("{} cannot be set to that", holding.name)};
    return static_cast<std::uint16_t>(static_cast<std::int32_t>(*raw));
}

}  // namespace luxtronik
