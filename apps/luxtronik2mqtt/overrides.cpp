// SPDX-License-Identifier: MIT
#include "overrides.hpp"

#include <bridge/text.hpp>

#include <algorithm>
#include <optional>
#include <sstream>

namespace luxtronik {

namespace {

constexpr std::uint16_t extra_hot_water = 71;

Register const* holding_at(std::uint16_t index) {
    auto const table = smart_home_table();
    auto const found = std::find_if(table.begin(), table.end(), [index](Register const& field) {
        return field.place == RegisterPlace{RegisterList::holdings, index} && !field.name.empty();
    });
    return found == table.end() ? nullptr : &*found;
}

std::uint16_t usual(Register const& holding) { return static_cast<std::uint16_t>(holding.usual); }

}  // namespace

void Overrides::expect(Register const& holding, std::uint16_t value) {
    if (value != usual(holding)) held_[holding.place.index] = value;
}

void Overrides::set(Register const& holding, std::uint16_t value) {
    if (value == usual(holding)) {
        held_.erase(holding.place.index);
    } else {
        held_[holding.place.index] = value;
    }
}

std::vector<RegisterWrite> Overrides::end_of_mode(Register const& holding) {
    std::vector<RegisterWrite> writes;
    bool const is_mode = holding.mode == holding.place.index;
    if (!is_mode || held_.contains(holding.place.index)) return writes;
    for (auto const& [index, value] : held_) {
        Register const* other = holding_at(index);
        if (other && other->mode == holding.mode) writes.push_back({index, usual(*other)});
    }
    for (auto const& write : writes) held_.erase(write.index);
    return writes;
}

std::vector<RegisterWrite> Overrides::all() const {
    std::vector<RegisterWrite> writes;
    for (auto const& [index, value] : held_) {
        // That would begin it once more.
        if (index != extra_hot_water) writes.push_back({index, value});
    }
    return writes;
}

std::vector<RegisterWrite> Overrides::release() const {
    std::vector<RegisterWrite> writes;
    for (bool const modes : {true, false}) {
        for (auto const& [index, value] : held_) {
            Register const* holding = holding_at(index);
            if (holding && (holding->mode == index) == modes) writes.push_back({index, usual(*holding)});
        }
    }
    return writes;
}

Overrides::Compared Overrides::compare(Registers const& registers) {
    Compared compared;
    for (auto held = held_.begin(); held != held_.end();) {
        auto const [index, value] = *held;
        Register const* holding = holding_at(index);
        auto const now = registers.find({RegisterList::holdings, index});
        if (!holding || now == registers.end() || now->second == value) {
            ++held;
            continue;
        }
        bool const forgotten = now->second == usual(*holding);
        if (forgotten && index != extra_hot_water) {
            compared.forgotten.push_back({index, value});
            ++held;
            continue;
        }
        if (!forgotten) compared.taken_over.emplace_back(holding->name);
        held = held_.erase(held);
    }
    return compared;
}

std::string Overrides::to_text() const {
    std::string text;
    for (auto const& [index, value] : held_) text += std::to_string(index) + "\n";
    return text;
}

Overrides Overrides::left_behind(std::string const& text) {
    Overrides overrides;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        auto const index = bridge::to_number<std::uint16_t>(line);
        // Whatever it was.
        if (index && holding_at(*index)) overrides.held_[*index] = 0;
    }
    return overrides;
}

}  // namespace luxtronik
