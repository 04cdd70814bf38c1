// SPDX-License-Identifier: MIT
#include "fields.hpp"

#include <string>

namespace mfm {

using bridge::Field;

namespace {

constexpr int millihertz = 3;

/// The fields of one channel.
void add(bridge::FieldTable& table, std::string_view channel, Field::Entity shown, Field::Entity hidden) {
    std::string const on(channel);
    table.push_back({.channel = on,
                     .name = "frequency_hz",
                     .entity = shown,
                     .english = "Frequency",
                     .german = "Frequenz",
                     .meaning = "The newest line.",
                     .decimals = millihertz});
    table.push_back({.channel = on,
                     .name = "frequency_mean_hz",
                     .entity = shown,
                     .english = "Mean frequency",
                     .german = "Mittlere Frequenz",
                     .meaning = "Mean of the interval, to a tenth of a millihertz.",
                     .decimals = millihertz});
    table.push_back({.channel = on,
                     .name = "frequency_min_hz",
                     .entity = shown,
                     .english = "Lowest frequency",
                     .german = "Niedrigste Frequenz",
                     .meaning = "Least of the interval.",
                     .decimals = millihertz});
    table.push_back({.channel = on,
                     .name = "frequency_max_hz",
                     .entity = shown,
                     .english = "Highest frequency",
                     .german = "Höchste Frequenz",
                     .meaning = "Most of the interval.",
                     .decimals = millihertz});
    table.push_back({.channel = on,
                     .name = "line_count",
                     .kind = Field::Kind::whole,
                     .entity = hidden,
                     .diagnostic = true,
                     .english = "Lines",
                     .german = "Zeilen",
                     .meaning = "Lines of the board in the interval."});
}

}  // namespace

bridge::FieldTable fields(std::chrono::milliseconds interval) {
    bridge::FieldTable table;
    if (has_slow_channel(interval)) {
        add(table, "", Field::Entity::none, Field::Entity::none);
        add(table, slow_channel, Field::Entity::on, Field::Entity::off);
    } else {
        add(table, "", Field::Entity::on, Field::Entity::off);
    }
    return table;
}

bridge::FieldTable fields() { return fields(std::chrono::seconds(1)); }

}  // namespace mfm
