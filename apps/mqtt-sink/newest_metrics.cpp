// SPDX-License-Identifier: MIT
#include "newest_metrics.hpp"

#include "number_text.hpp"
#include "topic.hpp"

#include <bridge/metrics.hpp>
#include <bridge/unit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <variant>

namespace sink {

namespace {

constexpr std::string_view own_prefix = "mqtt_sink_";
/// A counter of messages, not a measurement.
constexpr std::string_view sequence = "seq";

std::string clean(std::string_view name) {
    std::string out(name);
    for (auto& c : out) {
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter) c = '_';
    }
    return out;
}

std::string metric_name(std::string_view base, std::string_view field) {
    std::string name = clean(base) + "_" + clean(field);
    if (name.front() >= '0' && name.front() <= '9') name.insert(0, "_");
    if (name.starts_with(own_prefix)) name.insert(0, "reading_");
    return name;
}

std::string help(std::string_view base, std::string_view field) {
    auto const* const unit = bridge::unit_of(field);
    std::string words = clean(unit ? field.substr(0, field.size() - unit->suffix.size()) : field);
    std::ranges::replace(words, '_', ' ');
    return fmt::format("Newest {} of {}{}.", words, clean(base),
                       unit ? fmt::format(", in {}", unit->meaning) : "");
}

/// Empty for a text.
std::string number_of(bridge::Value const& value) {
    if (auto const* const number = std::get_if<double>(&value)) return number_text(*number);
    if (auto const* const number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
    return {};
}

std::string series(DeviceName const& name, ChannelState const& state, std::string const& field) {
    std::string labels = fmt::format(R"(base="{}",device="{}")", bridge::escaped_label(name.first),
                                     bridge::escaped_label(name.second));
    if (!state.channel.empty())
        labels += fmt::format(R"(,channel="{}")", bridge::escaped_label(state.channel));
    if (clean(field) != field) labels += fmt::format(R"(,field="{}")", bridge::escaped_label(field));
    return fmt::format("{}{{{}}}", metric_name(name.first, field), labels);
}

struct Family {
    std::string help;
    std::string series;
};

/// Bases of which nobody knows anything now.
std::set<std::string> lost_bases(Devices const& devices) {
    std::set<std::string> lost;
    for (auto const& [name, device] : devices) {
        if (name.second == bridge_device && device.availability == "offline") lost.insert(name.first);
    }
    return lost;
}

}  // namespace

std::string newest_metrics(Devices const& devices, bridge::Timestamp now, std::chrono::milliseconds max_age,
                           std::size_t most) {
    auto const oldest = (now - max_age).time_since_epoch().count();
    auto const lost = lost_bases(devices);
    std::map<std::string, Family> families;
    std::size_t shown = 0;
    std::size_t left_out = 0;
    for (auto const& [name, device] : devices) {
        if (device.availability == "offline" || lost.contains(name.first)) continue;
        for (auto const& state : device.channels) {
            if (state.ts < oldest) continue;
            for (auto const& field : state.fields) {
                std::string const value = number_of(field.value);
                if (value.empty() || field.name == sequence) continue;
                if (++shown > most) {
                    ++left_out;
                    continue;
                }
                auto& family = families[metric_name(name.first, field.name)];
                if (family.help.empty()) family.help = help(name.first, field.name);
                family.series += series(name, state, field.name) + " " + value + "\n";
            }
        }
    }
    std::string text;
    for (auto const& [name, family] : families)
        text += fmt::format("# HELP {} {}\n# TYPE {} gauge\n{}", name, family.help, name, family.series);
    return text + fmt::format(
                      "# HELP mqtt_sink_readings_not_shown Newest numbers that are left out here, because"
                      " there are more than {}.\n# TYPE mqtt_sink_readings_not_shown gauge\n"
                      "mqtt_sink_readings_not_shown {}\n",
                      most, left_out);
}

}  // namespace sink
