// SPDX-License-Identifier: MIT
#include "measurements.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <variant>

namespace sink::measurements {

namespace {

using std::chrono::sys_days;

bridge::Value const* field(NodeRow const& row, std::string_view name) {
    auto const found = std::find_if(row.fields.begin(), row.fields.end(),
                                    [&](bridge::Reading const& reading) { return reading.name == name; });
    return found == row.fields.end() ? nullptr : &found->value;
}

std::optional<double> number(NodeRow const& row, std::string_view name) {
    auto const* value = field(row, name);
    if (!value) return std::nullopt;
    if (auto const* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
    auto const* real = std::get_if<double>(value);
    return real && std::isfinite(*real) ? std::optional(*real) : std::nullopt;
}

std::string number_or_null(NodeRow const& row, std::string_view name) {
    auto const value = number(row, name);
    return value ? python_number(*value) : "null";
}

std::string json_text(std::string const& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string text_or_null(NodeRow const& row, std::string_view name) {
    auto const* value = field(row, name);
    auto const* text = value ? std::get_if<std::string>(value) : nullptr;
    return text ? json_text(*text) : "null";
}

std::string saving_or_null(NodeRow const& row) {
    auto const level = number(row, "power_saving_code");
    if (!level) return "null";
    return *level == 0 ? "false" : "true";
}

/// At most 12 bits: isems-app reads more of them wrongly.
std::string status(NodeRow const& row) {
    constexpr double most = 0xFFFF;
    double const code = number(row, "status_code").value_or(0);
    return fmt::format("\"0x{:03x}\"", code >= 0 && code <= most ? static_cast<unsigned>(code) & 0xFFFU : 0U);
}

std::string object(NodeRow const& row) {
    auto const real = [&](std::string_view name) { return number_or_null(row, name); };
    std::array<std::pair<std::string_view, std::string>, 20> const members = {{
        {"batteryChargeEstimate", real("battery_charge_pct")},
        {"batteryHealthEstimate", real("battery_health_pct")},
        {"batteryTemperature", real("battery_temperature_c")},
        {"batteryVoltage", real("battery_v")},
        {"id", std::to_string(row.id)},
        {"isPowerSaveMode", saving_or_null(row)},
        {"isemsRevision", text_or_null(row, "revision_text")},
        {"latitude", real("latitude_deg")},
        {"longitude", real("longitude_deg")},
        {"lowVoltageDisconnectVoltage", real("low_voltage_disconnect_v")},
        {"mppVoltage", real("mpp_v")},
        {"nodeId", json_text(node_id(row))},
        {"openCircuitVoltage", real("open_circuit_v")},
        {"openMPPTFirmwareVersion", text_or_null(row, "firmware_text")},
        {"rateBatteryCapacity", real("rated_battery_ah")},
        {"ratedSolarModuleCapacity", real("rated_panel_w")},
        {"status", status(row)},
        {"temperatureCorrectedVoltage", real("charge_end_v")},
        {"timeToShutdown", real("reboot_countdown")},
        {"timestamp", "\"" + berlin_time(row.ts) + "\""},
    }};
    std::string json;
    for (auto const& [key, value] : members)
        json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", key, value);
    return "{" + json + "}";
}

std::string body(std::vector<NodeRow const*> const& rows) {
    std::string list;
    for (auto const* row : rows) {
        if (!list.empty()) list += ',';
        list += object(*row);
    }
    return "{\"measurements\":[" + list + "]}\n";
}

/// Summer time since 1996: from the last Sunday of March to that of October, at 01:00 UTC. No node has
/// measured before.
std::chrono::hours berlin_offset(bridge::Timestamp time) {
    using namespace std::chrono;
    year const in = year_month_day(floor<days>(time)).year();
    auto const begin = sys_days(in / March / Sunday[last]) + hours(1);
    auto const end = sys_days(in / October / Sunday[last]) + hours(1);
    return hours(time >= begin && time < end ? 2 : 1);
}

}  // namespace

std::chrono::days hide_after(std::string_view text) {
    constexpr int a_century = 36'525;
    auto const days = bridge::to_number<int>(bridge::trimmed(text));
    if (!days || *days < 0 || *days > a_century) return default_hide_after;
    return std::chrono::days(*days);
}

bool wants_all(std::optional<std::string_view> all) { return all == "true"; }

std::string node_id(NodeRow const& row) {
    auto const* name = field(row, "name");
    auto const* text = name ? std::get_if<std::string>(name) : nullptr;
    return text ? *text : row.device;
}

std::string overview(std::vector<NodeRow> const& rows, std::optional<bridge::Timestamp> since) {
    std::map<std::string, NodeRow const*> newest;
    for (auto const& row : rows) {
        if (since && row.ts <= since->time_since_epoch().count()) continue;
        auto const entry = newest.try_emplace(node_id(row), &row).first;
        if (row.ts > entry->second->ts) entry->second = &row;
    }
    std::vector<NodeRow const*> shown;
    for (auto const& [id, row] : newest) {
        if (number(*row, "battery_charge_pct")) shown.push_back(row);
    }
    return body(shown);
}

std::string of_node(std::vector<NodeRow> const& rows) {
    std::vector<NodeRow const*> shown;
    for (auto const& row : rows) shown.push_back(&row);
    std::stable_sort(shown.begin(), shown.end(), [](auto const* a, auto const* b) { return a->ts > b->ts; });
    if (shown.size() > most_rows) shown.resize(most_rows);
    return body(shown);
}

std::string berlin_time(std::int64_t unix_ms) {
    using namespace std::chrono;
    bridge::Timestamp const utc{milliseconds(unix_ms)};
    auto const local = utc + berlin_offset(utc);
    auto const day = floor<days>(local);
    year_month_day const date(day);
    hh_mm_ss const clock(local - day);
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (clock.subseconds().count() != 0) text += fmt::format(".{:03}000", clock.subseconds().count());
    return text;
}

std::string python_number(double number) {
    std::array<char, 40> buffer{};
    // Python's rule is by the exponent, to_chars' is by the length.
    auto const magnitude = std::fabs(number);
    bool const fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
    auto const format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
    auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format).ptr;
    std::string text(buffer.data(), end);
    if (fixed && text.find('.') == std::string::npos) text += ".0";
    return text;
}

}  // namespace sink::measurements
