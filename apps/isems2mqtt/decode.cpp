// SPDX-License-Identifier: MIT
#include "decode.hpp"

#include "status.hpp"

#include <bridge/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace isems {

using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using bridge::Sample;
using bridge::Timestamp;

namespace {

constexpr std::size_t fields_without_status = 18;
constexpr std::size_t fields_with_status = 19;
constexpr std::size_t status_digits = 3;
constexpr std::size_t longest_id = 128;
constexpr std::size_t longest_firmware = 64;
constexpr Timestamp first_possible = std::chrono::sys_days(std::chrono::year(2015) / 1 / 1);

/// Where a line has what.
namespace column {
constexpr std::size_t id = 0;
constexpr std::size_t revision = 1;
constexpr std::size_t epoch = 2;
constexpr std::size_t firmware = 3;
constexpr std::size_t reboot = 4;
constexpr std::size_t power_saving = 5;
constexpr std::size_t open_circuit = 6;
constexpr std::size_t power_point = 7;
constexpr std::size_t battery = 8;
constexpr std::size_t charge = 9;
constexpr std::size_t health = 10;
constexpr std::size_t temperature = 11;
constexpr std::size_t low_voltage = 12;
constexpr std::size_t charge_end = 13;
constexpr std::size_t rated_battery = 14;
constexpr std::size_t rated_panel = 15;
constexpr std::size_t latitude = 16;
constexpr std::size_t longitude = 17;
constexpr std::size_t status = 18;
}  // namespace column

/// A column that is a plain number, and what it can be.
struct Number {
    std::size_t column;
    char const* name;
    double least;
    double most;
    bool zero_is_unknown;
};

constexpr double most_volts = 1000;
constexpr std::array<Number, 13> numbers = {{
    {column::reboot, "reboot_countdown", -1e6, 1e6, false},
    {column::open_circuit, "open_circuit_v", 0, most_volts, false},
    {column::power_point, "mpp_v", 0, most_volts, false},
    {column::battery, "battery_v", 0, most_volts, true},
    {column::charge, "battery_charge_pct", 0, 100, false},
    // An estimate that the nodes do not keep within 0 and 100.
    {column::health, "battery_health_pct", -1000, 1000, false},
    {column::temperature, "battery_temperature_c", -60, 125, false},
    {column::low_voltage, "low_voltage_disconnect_v", 0, most_volts, true},
    {column::charge_end, "charge_end_v", 0, most_volts, true},
    {column::rated_battery, "rated_battery_ah", 0, 1e6, true},
    {column::rated_panel, "rated_panel_w", 0, 1e6, true},
    {column::latitude, "latitude_deg", -90, 90, false},
    {column::longitude, "longitude_deg", -180, 180, false},
}};

/// Three hex digits.
std::optional<std::int64_t> status_code(std::string_view text) {
    std::uint32_t code = 0;
    if (text.size() != status_digits) return std::nullopt;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), code, 16);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return code;
}

/// A line and its fields; one field more is kept than a line may have.
struct Line {
    std::array<std::string_view, fields_with_status + 1> fields;
    std::size_t count = 0;
    bool ended = true;  ///< by a line end; else it may have been cut

    [[nodiscard]] std::string_view operator[](std::size_t field) const { return fields[field]; }
    [[nodiscard]] bool has_status() const { return count == fields_with_status; }
};

Line split(std::string_view text, bool ended) {
    Line line;
    line.ended = ended;
    for (std::size_t start = 0; start <= text.size() && line.count < line.fields.size();) {
        auto const end = std::min(text.find(';', start), text.size());
        line.fields[line.count++] = bridge::trimmed(text.substr(start, end - start));
        start = end + 1;
    }
    return line;
}

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
        auto const end = text.find('\n');
        bool const ended = end != std::string_view::npos;
        auto const line = bridge::trimmed(text.substr(0, end));
        text.remove_prefix(ended ? end + 1 : text.size());
        if (!line.empty()) lines.push_back(split(line, ended));
    }
    return lines;
}

/// A number; `nan` and `inf` are none.
std::optional<double> finite(std::string_view text) {
    auto const number = bridge::to_number<double>(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> whole_number(std::string_view text, double most) {
    auto const value = finite(text);
    if (!value || *value < 0 || *value > most || *value != std::floor(*value)) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> status_of(Line const& line) {
    return line.has_status() ? status_code(line[column::status]) : std::nullopt;
}

/// The nodes that write their status.
using StatusWriters = std::set<std::string_view>;

StatusWriters status_writers(std::vector<Line> const& lines) {
    StatusWriters writers;
    for (auto const& line : lines) {
        if (line.has_status()) writers.insert(line[column::id]);
    }
    return writers;
}

/// An unended line that cannot be whole: its node writes a status elsewhere, and not here; or it ends within
/// its status. It will be there whole the next time.
bool is_cut(Line const& line, StatusWriters const& writers) {
    if (line.ended) return false;
    if (!line.has_status()) return writers.contains(line[column::id]);
    auto const last = line[column::status];
    return last.size() < status_digits &&
           last.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
}

/// True if it is left out although it is known: what stands there is made up by the node, or may be cut.
bool is_doubtful(Line const& line, std::size_t field) {
    switch (field) {
        case column::temperature:
            return (status_of(line).value_or(0) & sensor_missing) != 0;
        case column::latitude:
        case column::longitude:
            if (!line.ended && !line.has_status()) return true;
            return finite(line[column::latitude]) == 0.0 && finite(line[column::longitude]) == 0.0;
        default:
            return false;
    }
}

Sample to_sample(Line const& line, Timestamp time, std::size_t& bad_fields) {
    Sample sample{std::string(line[column::id]), "", time, {}};
    sample.own_time = true;
    auto& readings = sample.readings;
    readings.push_back({"name", sample.device});
    if (!line[column::revision].empty() && line[column::revision].size() <= longest_firmware)
        readings.push_back({"revision_text", std::string(line[column::revision])});
    if (!line[column::firmware].empty() && line[column::firmware].size() <= longest_firmware)
        readings.push_back({"firmware_text", std::string(line[column::firmware])});
    constexpr double most_levels = 100;
    if (auto const level = whole_number(line[column::power_saving], most_levels)) {
        readings.push_back({"power_saving_code", *level});
    } else {
        ++bad_fields;
    }
    for (auto const& number : numbers) {
        auto const value = finite(line[number.column]);
        if (is_doubtful(line, number.column) || (number.zero_is_unknown && value == 0.0)) continue;
        if (value && *value >= number.least && *value <= number.most) {
            readings.push_back({number.name, *value});
        } else {
            ++bad_fields;
        }
    }
    if (auto const code = status_of(line)) {
        readings.push_back({"status_code", *code});
        readings.push_back({"status_text", status_words(*code)});
    } else if (line.has_status()) {
        ++bad_fields;
    }
    return sample;
}

void take_line(Line const& line, StatusWriters const& writers, Timestamp received, Log& log) {
    constexpr double last_second = 1e11;
    bool const counted = line.count == fields_without_status || line.count == fields_with_status;
    bool const named = !line[column::id].empty() && line[column::id].size() <= longest_id;
    auto const second = counted && named ? whole_number(line[column::epoch], last_second) : std::nullopt;
    if (!second) {
        ++log.damaged;
        return;
    }
    Timestamp const time{std::chrono::seconds(*second)};
    if (*second == 0) {
        ++log.not_measured;
    } else if (is_cut(line, writers)) {
        ++log.damaged;
    } else if (time < first_possible || time > received + most_ahead) {
        ++log.wrong_clock;
    } else {
        log.samples.push_back(to_sample(line, time, log.bad_fields));
    }
}

}  // namespace

Result<Log> decode_log(Bytes bytes, Timestamp received) {
    auto const text = bridge::as_text(bytes);
    auto const beginning = bridge::trimmed(text).substr(0, 1);
    if (beginning.empty()) return Error{Errc::malformed, "an empty answer"};
    if (beginning == "<") return Error{Errc::unsupported, "a web page, not a log"};
    if (beginning == "{") return Error{Errc::unsupported, "JSON, not a log"};
    auto const lines = lines_of(text);
    auto const writers = status_writers(lines);
    Log log;
    for (auto const& line : lines) take_line(line, writers, received, log);
    if (log.damaged == lines.size())
        return Error{Errc::malformed, "not a log: " + bridge::quote(bridge::trimmed(text), 60)};
    return log;
}

Error why_nothing(Log const& log) {
    if (log.wrong_clock > 0) return Error{Errc::out_of_range, "the node's clock is wrong"};
    return Error{Errc::out_of_range, "the node has not measured yet"};
}

Result<std::vector<Sample>> decode(Bytes bytes, Timestamp received) {
    auto log = decode_log(bytes, received);
    if (!log) return log.error();
    if (log->samples.empty()) return why_nothing(*log);
    return std::move(log->samples);
}

}  // namespace isems
