// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// How a field is set: a text to one of its options, a number within its range, a flag to yes or no.
struct Settable {
    std::string name;                       ///< as it is asked for, `<base>/<device>/set/<name>`
    double least = 0, most = 0, step = 0;   ///< of a number; counted from `least`
    std::vector<std::string> options = {};  ///< of a text
};

/// One field of a bridge's payloads, as users may rely on it: docs/fields.md, discovery and the schemas are
/// made of these. Its unit is the end of its name (`unit_of`).
struct Field {
    /// Its JSON type, which it keeps for ever, and what the number means.
    enum class Kind {
        decimal,   ///< a number with a fraction
        whole,     ///< a whole number
        flag,      ///< 1 or 0
        code,      ///< a whole number that stands for a state; its text is a field beside it
        text,      ///< a string
        unix_time  ///< whole seconds since 1970, UTC
    };
    /// How its values follow each other.
    enum class Course {
        measured,          ///< goes up and down
        total,             ///< only grows, and may be set back to a value above 0
        total_increasing,  ///< only grows, and starts again at 0
        fixed,             ///< a property or a setting
    };
    /// What a house automation makes of it.
    enum class Entity {
        none,  ///< nothing: what another field says too, or what is too fast
        off,   ///< there, and not shown before the user asks for it
        on,    ///< shown from the start
    };

    std::string channel = {};  ///< empty: the device's own reading
    std::string name = {};     ///< `flow_temperature_c`
    Kind kind = Kind::decimal;
    Course course = Course::measured;
    Entity entity = Entity::on;
    bool diagnostic = false;   ///< says something of the device itself, not of what it measures
    std::string english = {};  ///< what people call it, without the device's name: `Flow temperature`
    std::string german = {};   ///< `Vorlauftemperatur`
    std::string meaning = {};  ///< a sentence for the documentation
    int decimals = -1;         ///< how many are worth showing; -1: as many as come
    /// Home Assistant's name of the quantity, where the unit does not tell it: `battery`.
    std::string device_class = {};
    /// There if it can be set, and, in a bridge that runs, may be.
    std::optional<Settable> settable = {};
};

using FieldTable = std::vector<Field>;

/// `number` (always with a fraction), `integer` or `string`.
[[nodiscard]] std::string_view json_type(Field const& field);
/// As people write it; empty: none.
[[nodiscard]] std::string_view unit_symbol(Field const& field);
/// Home Assistant's; empty: it has none.
[[nodiscard]] std::string_view device_class(Field const& field);
/// Home Assistant's: `measurement`, `total`, `total_increasing`; empty: of this there are no statistics.
[[nodiscard]] std::string_view state_class(Field const& field);

}  // namespace bridge
