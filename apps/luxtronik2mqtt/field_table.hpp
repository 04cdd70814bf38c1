// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace luxtronik {

/// The controller's three lists of values.
enum class Block { parameters, calculations, visibilities };

/// What a raw number stands for.
enum class Form {
    scaled,           ///< a measurement: raw / divisor
    whole,            ///< a count, seconds, or a number of unknown meaning
    flag,             ///< 0 or 1
    choice,           ///< a code with a text
    unix_time,        ///< seconds, above 0
    half_hours,       ///< 1 + raw / 2, in hours
    tenth_kilowatts,  ///< raw * 100, in watts
    frequency_code,   ///< raw + 19, in hertz
    contact_rail,     ///< the input of a room station used as a contact: -50 closed, 50 open
    version,          ///< ten characters in this and the nine following values
    short_version,    ///< hundreds before the dot
    ip_address,       ///< IPv4
    time_of_day,      ///< seconds since midnight
    time_window,      ///< minutes since midnight: begin in the lower half, end in the upper
};

struct Choice {
    std::int32_t code;
    std::string_view text;
};

/// V3.90.1 without the line of hardware that its first number names: firmware of all lines is numbered alike.
/// (Inferred from what is reported of V1.88, V1.90, V2.90 and V3.90.)
struct Release {
    int number = 0;
    int patch = 0;
    auto operator<=>(Release const&) const = default;
};

constexpr Release any_release{std::numeric_limits<int>::max(), 0};

/// Some firmware: releases of some lines of hardware.
struct Firmware {
    std::uint32_t lines = 0;  ///< bit n: V<n>; 0: all
    Release since = {}, before = any_release;
    bool operator==(Firmware const&) const = default;
};

/// Equipment: it is there where this value is not 0 (`is_zero`: where it is 0).
struct Condition {
    Block block = Block::calculations;
    std::int32_t index = -1;  ///< -1: every heat pump has it
    bool is_zero = false;
};

/// Where a field is published.
enum class Channel {
    reading,     ///< the device's own reading
    parameters,  ///< the settings
    on_request,  ///< under the controller's identifier, in its block's channel, if all fields are asked for
    withheld,    ///< never: passwords and serial numbers
};

/// One row of fields.csv: one meaning of a place in a block.
struct Field {
    Block block;
    std::uint32_t index;
    std::string_view identifier;  ///< as the controller's community calls it
    std::string_view name;        ///< ours, ending in its unit; empty: none
    Channel channel;
    Form form;
    std::int32_t divisor;
    std::int32_t least, most;  ///< raw; what is outside cannot be meant
    std::span<Choice const> choices;
    std::span<std::int32_t const> absent;  ///< raw values that say that there is no sensor
    Condition needs;                       ///< the equipment that it belongs to
    Firmware firmware;                     ///< of which it is true
    std::string_view metric;               ///< its name in the older exporter's metrics
    bool metric_is_counter;
};

/// What people are told of a name: one row of named_fields.csv.
struct NamedField {
    std::string_view name;
    bridge::Field::Course course;
    bridge::Field::Entity entity;
    bool diagnostic;
    std::string_view english, german, meaning;
};

/// All rows by block and index; made at build time from fields.csv and choices.csv. A place whose meaning
/// depends on the firmware has several rows: the first that fits holds.
[[nodiscard]] std::span<Field const> field_table();
/// One row for each name of `field_table`; made at build time from named_fields.csv.
[[nodiscard]] std::span<NamedField const> named_fields();

}  // namespace luxtronik
