// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include "fields.hpp"
#include "smart_home.hpp"
#include "writable.hpp"

#include <fmt/format.h>

#include <string_view>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Once they are all known: what one of them alone does not tell.
Result<> check(Settings const& settings) {
    for (auto const& target : settings.targets) {
        auto const place = Whereabouts::read(target.address, settings.port);
        if (!place)
            return Error{Errc::config,
                         "[luxtronik] host = \"" + target.address + "\": " + place.error().detail};
    }
    if (auto const equipment = read_equipment(settings.present_fields, settings.absent_fields); !equipment)
        return Error{Errc::config,
                     "[luxtronik] present_fields and absent_fields: " + equipment.error().detail};
    auto const names = read_names(settings.write);
    for (auto const& name : names ? *names : std::vector<std::string>()) {
        if (holding_named(name) && !settings.smart_home)
            return Error{Errc::config, "[luxtronik] write = \"" + name + "\" needs smart_home"};
    }
    return {};
}

}  // namespace

void Settings::bind(bridge::Options& options, Settings& settings) {
    options.add_targets(
        "luxtronik", "host", settings.targets, "heatpump",
        "the controller: host or host:port; name=host,name=host for several; search looks for "
        "the one in this network, search:ADDRESS by another broadcast address");
    options.add("luxtronik", "port", settings.port, "TCP port where --host names none (8888 before V1.73)")
        .range(1, 65535);
    options.add("luxtronik", "interval", settings.interval, "one reading in this time").range(1, 86400);
    options.add_choice<Connection>(
        "luxtronik", "connection", settings.connection,
        "short: one for each reading, so that others find room; persistent: one that is kept",
        {{"short", Connection::short_one}, {"persistent", Connection::persistent}});
    options.add(
        "luxtronik", "all_fields", settings.all_fields,
        "publish every value of the controller: those without a name of ours under its own identifier");
    options.add("luxtronik", "present_fields", settings.present_fields,
                "fields that this heat pump has, with commas between, even where their value looks as if "
                "there were no sensor");
    options.add("luxtronik", "absent_fields", settings.absent_fields,
                "fields that it does not have, with commas between, whatever the controller shows");
    options
        .add("luxtronik", "write", settings.write,
             fmt::format("settings that may be changed over MQTT, with commas between; empty: none. There "
                         "are {}; with "
                         "smart_home also {}",
                         fmt::join(writable_names(), ", "), fmt::join(override_names(), ", ")))
        .check([](std::string_view text) -> Result<> {
            auto const names = read_names(text);
            return names ? Result<>() : Result<>(names.error());
        });
    options.add("luxtronik", "smart_home", settings.smart_home,
                "use the Smart Home Interface too (Modbus TCP, firmware from V3.90.1 on)");
    options.add("luxtronik", "smart_home_port", settings.smart_home_port, "its TCP port").range(1, 65535);
    options
        .add("luxtronik", "smart_home_grace", settings.smart_home_grace,
             "overrides are let go when the broker has been away for so long")
        .range(1, 86400);
    options
        .add("luxtronik", "metrics_file", settings.metrics_file,
             "names for /metrics, in the form of heatpump.py's metric.yml; empty: its fourteen")
        .readable_file()
        .check([](std::string_view path) -> Result<> {
            if (path.empty()) return {};
            auto const read = read_metric_file(std::string(path));
            return read ? Result<>() : Result<>(read.error());
        });
    options.require([&settings] { return check(settings); });
}

Whereabouts Settings::place_of(bridge::Target const& target) const {
    auto const place = Whereabouts::read(target.address, port);
    return place ? *place : Whereabouts();
}

milliseconds Settings::stale_after() const { return interval + seconds(60); }

bridge::Backoff::Limits Settings::retry(bridge::Target const&) const { return {}; }

bridge::FieldTable Settings::fields() const {
    // Checked while the settings were read.
    auto const names = read_names(write);
    auto table = only_settable(luxtronik::fields(), names ? *names : std::vector<std::string>());
    if (!smart_home) std::erase_if(table, [](auto const& field) { return field.channel == "smart_home"; });
    return table;
}

Selection Settings::selection() const { return all_fields ? Selection::all : Selection::named; }

Equipment Settings::equipment() const {
    // Checked while the settings were read.
    auto const equipment = read_equipment(present_fields, absent_fields);
    return equipment ? *equipment : Equipment();
}

std::vector<ChosenMetric> Settings::metrics() const {
    if (metrics_file.empty()) return usual_metrics();
    auto const read = read_metric_file(metrics_file);
    // Checked while the settings were read.
    return read ? *read : std::vector<ChosenMetric>();
}

}  // namespace luxtronik
