// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace luxtronik {

/// What the owner knows of this heat pump, where the rules of the field table guess: fields by the names that
/// they are published under.
struct Equipment {
    using Names = std::set<std::string, std::less<>>;
    Names present;  ///< what looks as if there were no sensor, or no such part, is a reading all the same
    Names absent;   ///< left out, whatever the controller shows

    [[nodiscard]] bool has(std::string_view name) const { return present.contains(name); }
    [[nodiscard]] bool lacks(std::string_view name) const { return absent.contains(name); }
};

/// `present`, `absent`: names with commas between. Errors, whole sentences: config, a name that no field has,
/// one in both, or one in `present` that no rule leaves out anyway.
[[nodiscard]] bridge::Result<Equipment> read_equipment(std::string_view present, std::string_view absent);

}  // namespace luxtronik
