// SPDX-License-Identifier: MIT
#include "api.hpp"

#include "device_json.hpp"
#include "rollup_levels.hpp"
#include "time_text.hpp"

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

namespace sink {

namespace {

using bridge::json_string;

constexpr std::size_t most_raw_points = 100'000;
constexpr std::int64_t most_points = 10'000;

ApiAnswer refuse(unsigned status, std::string const& sentence) {
    return {status, fmt::format("{{\"error\":{}}}", json_string(sentence))};
}

ApiAnswer refuse(StoreError const& error) {
    if (error.fault == Fault::interrupted) return refuse(503, "the answer took too long: ask for less");
    return refuse(503, "the store cannot be read now: " + error.detail);
}

/// The texts with commas between them.
std::string joined(std::vector<std::string> const& items) { return fmt::format("{}", fmt::join(items, ",")); }

/// The question in a request, or what is wrong with it.
struct Query {
    SeriesQuestion series;
    std::optional<std::int64_t> points;
};

using Parameters = std::map<std::string, std::string>;

std::optional<ApiAnswer> unknown_parameter(Parameters const& parameters) {
    constexpr std::array<std::string_view, 7> known = {"base", "device", "channel", "field",
                                                       "from", "to",     "points"};
    for (auto const& [name, value] : parameters) {
        if (std::ranges::find(known, name) != known.end()) continue;
        return refuse(400, fmt::format("unknown parameter {}: there are {}", name, fmt::join(known, ", ")));
    }
    return std::nullopt;
}

std::string value_or(Parameters const& parameters, std::string const& name, std::string const& otherwise) {
    auto const found = parameters.find(name);
    return found == parameters.end() ? otherwise : found->second;
}

std::variant<Query, ApiAnswer> parse_query(Parameters const& parameters, bridge::Timestamp now) {
    if (auto refused = unknown_parameter(parameters)) return *refused;
    Query query;
    query.series.base = value_or(parameters, "base", "");
    query.series.device = value_or(parameters, "device", "");
    query.series.channel = value_or(parameters, "channel", "");
    query.series.field = value_or(parameters, "field", "");
    if (!parameters.contains("device")) return refuse(400, "device= is missing: /api/v1/devices shows them");
    if (query.series.field.empty()) return refuse(400, "field= is missing: /api/v1/devices shows them");
    for (auto const& [name, otherwise, target] :
         {std::tuple("from", "-24h", &query.series.from), std::tuple("to", "now", &query.series.to)}) {
        auto const time = parse_time(value_or(parameters, name, otherwise), now);
        if (!time) {
            return refuse(
                400, fmt::format("{} must be unix milliseconds, a time like 2026-08-01T07:40:00Z (UTC) or "
                                 "one like -1h",
                                 name));
        }
        *target = time->time_since_epoch().count();
    }
    if (query.series.to < query.series.from) return refuse(400, "to is before from");
    if (!parameters.contains("points")) return query;
    query.points = bridge::to_number<std::int64_t>(value_or(parameters, "points", ""));
    if (!query.points || *query.points < 1 || *query.points > most_points) {
        return refuse(400, fmt::format("points must be a number from 1 to {}", most_points));
    }
    return query;
}

/// Finds the one base that is meant; an answer if there is none or more than one.
std::optional<ApiAnswer> settle_base(SeriesQuestion& series, StoreReader& reader) {
    auto bases = reader.bases_of(series.device);
    if (!bases) return refuse(bases.error());
    if (!series.base.empty()) std::erase_if(*bases, [&](auto const& base) { return base != series.base; });
    if (bases->empty()) return refuse(404, fmt::format("nothing is stored of device {}", series.device));
    if (bases->size() > 1) {
        return refuse(400, fmt::format("device {} is in several bases: add base= one of {}", series.device,
                                       joined(*bases)));
    }
    series.base = bases->front();
    auto const known = reader.has_field(series.base, series.field);
    if (!known) return refuse(known.error());
    if (!*known) return refuse(404, fmt::format("{} has no field {}", series.base, series.field));
    return std::nullopt;
}

ApiAnswer answer_query(ApiRequest const& request, StoreReader& reader) {
    auto parsed = parse_query(request.query, request.now);
    if (auto* refused = std::get_if<ApiAnswer>(&parsed)) return std::move(*refused);
    auto& [series, points] = std::get<Query>(parsed);
    if (auto refused = settle_base(series, reader)) return std::move(*refused);
    std::string body =
        fmt::format(R"({{"base":{},"device":{},"channel":{},"field":{},"from":{},"to":{})",
                    json_string(series.base), json_string(series.device), json_string(series.channel),
                    json_string(series.field), series.from, series.to);
    std::vector<std::string> items;
    if (points) {
        std::int64_t const width = piece_width(series.from, series.to, *points);
        auto const buckets = reader.buckets(series, width);
        if (!buckets) return refuse(buckets.error());
        for (auto const& bucket : *buckets) {
            items.push_back(fmt::format("[{},{},{},{}]", bucket.start, to_json(bucket.mean),
                                        to_json(bucket.least), to_json(bucket.most)));
        }
        body += fmt::format(R"(,"bucket_ms":{},"points":[{}]}})", width, joined(items));
        return {200, std::move(body)};
    }
    // One more than is shown, to know whether there is more.
    auto raw = reader.raw(series, most_raw_points + 1);
    if (!raw) return refuse(raw.error());
    bool const truncated = raw->size() > most_raw_points;
    if (truncated) raw->pop_back();
    for (auto const& [ts, value] : *raw) items.push_back(fmt::format("[{},{}]", ts, to_json(value)));
    body += fmt::format(R"(,"points":[{}],"truncated":{}}})", joined(items), truncated);
    return {200, std::move(body)};
}

}  // namespace

ApiAnswer answer_devices(StoreReader& reader) {
    auto const devices = reader.devices();
    if (!devices) return refuse(devices.error());
    return {200, to_json(*devices)};
}

ApiAnswer answer(ApiRequest const& request, StoreReader& reader) {
    bool const devices = request.path == "/api/v1/devices";
    if (!devices && request.path != "/api/v1/query") return refuse(404, "no such path");
    if (request.method != "GET" && request.method != "HEAD") return refuse(405, "only GET");
    return devices ? answer_devices(reader) : answer_query(request, reader);
}

}  // namespace sink
