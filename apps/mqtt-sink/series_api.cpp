// SPDX-License-Identifier: MIT
#include "series_api.hpp"

#include "csv.hpp"
#include "device_json.hpp"
#include "number_text.hpp"
#include "rollup_levels.hpp"
#include "series_reader.hpp"

#include <bridge/payload.hpp>
#include <bridge/unit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <variant>

namespace sink {

namespace {

using bridge::json_string;

constexpr std::int64_t most_points = 10'000;
/// Of a piece of an answer: some milliseconds of the database thread.
constexpr std::size_t most_rows = 4000;
constexpr std::size_t most_bytes = 64UL * 1024;
constexpr std::size_t most_named = 10;

/// `: there are a, b, c`, or where to look if there are more than a few.
std::string which(std::set<std::string> const& names, std::string_view where) {
    if (names.empty()) return {};
    if (names.size() > most_named) return fmt::format(": {} shows which there are", where);
    return fmt::format(": there {} {}", names.size() == 1 ? "is" : "are", fmt::join(names, ", "));
}

/// A stream as a request names it.
struct StreamName {
    std::string base, device;
    std::optional<std::string> channel;

    [[nodiscard]] bool fits(StoredStream const& stream) const {
        return (base.empty() || stream.base == base) && (!channel || stream.channel == *channel);
    }
};

StreamName take_name(Parameters& parameters) {
    return {parameters.text("base"), parameters.text("device"), parameters.maybe_empty("channel")};
}

template <class Part>
std::set<std::string> names_of(std::vector<StoredStream> const& streams, Part part) {
    std::set<std::string> names;
    for (auto const& stream : streams) names.insert(std::invoke(part, stream));
    return names;
}

/// Why nothing has this name.
ApiAnswer unknown(StreamName const& name, SeriesReader& reader) {
    auto const all = reader.streams("");
    if (!all) return refuse(all.error());
    std::vector<StoredStream> streams = *all;
    if (!name.device.empty()) {
        std::erase_if(streams, [&](auto const& stream) { return stream.device != name.device; });
        if (streams.empty()) {
            return refuse(404, fmt::format("nothing is stored of device {}{}", name.device,
                                           which(names_of(*all, &StoredStream::device), "/api/v1/devices")));
        }
    }
    auto const bases = names_of(streams, &StoredStream::base);
    std::erase_if(streams,
                  [&](auto const& stream) { return !name.base.empty() && stream.base != name.base; });
    if (streams.empty())
        return refuse(
            404, fmt::format("nothing of it is in base {}{}", name.base, which(bases, "/api/v1/series")));
    auto channels = names_of(streams, &StoredStream::channel);
    if (channels.erase("") > 0) channels.insert("the device's own (channel=)");
    return refuse(404, fmt::format("it has no channel {}{}", json_string(name.channel.value_or("")),
                                   which(channels, "/api/v1/series")));
}

/// The one stream that is meant, or why there is none.
std::variant<StoredStream, ApiAnswer> find_stream(StreamName name, SeriesReader& reader) {
    // The device's own, where no other is named.
    if (!name.channel) name.channel = "";
    auto streams = reader.streams(name.device);
    if (!streams) return refuse(streams.error());
    std::erase_if(*streams, [&](auto const& stream) { return !name.fits(stream); });
    if (streams->empty()) return unknown(name, reader);
    if (streams->size() == 1) return std::move(streams->front());
    return refuse(400, fmt::format("device {} is in several bases: add base= one of {}", name.device,
                                   fmt::join(names_of(*streams, &StoredStream::base), ", ")));
}

/// Those of the fields that are asked for, in that order, or why not.
std::variant<std::vector<StoredField>, ApiAnswer> find_fields(StoredStream const& stream,
                                                              std::vector<std::string> const& wanted,
                                                              SeriesReader& reader) {
    auto const all = reader.fields(stream.base);
    if (!all) return refuse(all.error());
    std::vector<StoredField> fields;
    for (auto const& name : wanted) {
        auto const found = std::ranges::find(*all, name, &StoredField::name);
        if (found != all->end()) {
            fields.push_back(*found);
            continue;
        }
        std::set<std::string> names;
        for (auto const& field : *all) names.insert(field.name);
        return refuse(404, fmt::format("{} has no field {}{}", stream.base, name,
                                       which(names, "/api/v1/series?device=" + stream.device)));
    }
    return fields;
}

// --- what there is ---

std::string series_json(StoredStream const& stream, FoundField const& field) {
    auto const* const unit = bridge::unit_of(field.name);
    return fmt::format(
        R"({{"base":{},"device":{},"channel":{},"field":{}{},"type":"{}","first":{},"last":{}}})",
        json_string(stream.base), json_string(stream.device), json_string(stream.channel),
        json_string(field.name),
        unit && !unit->symbol.empty() ? ",\"unit\":" + json_string(unit->symbol) : "",
        field.is_text ? "text" : "number", stream.first, stream.last);
}

/// The series of one stream after the other.
struct SeriesList {
    std::vector<StoredStream> streams;
    std::size_t next = 0;
    bool begun = false;
};

ApiAnswer next_series(std::shared_ptr<SeriesList> const& list, StoreReader& store) {
    SeriesReader reader(store.connection());
    ApiAnswer answer;
    if (list->next == 0) answer.body = "[";
    while (list->next < list->streams.size() && answer.body.size() < most_bytes) {
        auto const& stream = list->streams[list->next++];
        auto const fields = reader.fields_of(stream);
        if (!fields) return refuse(fields.error());
        for (auto const& field : *fields) {
            if (std::exchange(list->begun, true)) answer.body += ',';
            answer.body += series_json(stream, field);
        }
    }
    if (list->next < list->streams.size()) {
        answer.more = [list](StoreReader& later) { return next_series(list, later); };
    } else {
        answer.body += "]";
    }
    return answer;
}

// --- one series ---

std::string query_head(StoredStream const& stream, std::string const& field, Span span) {
    return fmt::format(R"({{"base":{},"device":{},"channel":{},"field":{},"from":{},"to":{})",
                       json_string(stream.base), json_string(stream.device), json_string(stream.channel),
                       json_string(field), span.from, span.to);
}

ApiAnswer answer_points(StoredStream const& stream, std::string const& field, Span span, std::int64_t points,
                        StoreReader& store) {
    // Wide enough that there are never more of them.
    std::int64_t const width = piece_width(span.from, span.to, points);
    auto const buckets =
        store.buckets({stream.base, stream.device, stream.channel, field, span.from, span.to}, width);
    if (!buckets) return refuse(buckets.error());
    std::string body = query_head(stream, field, span) + fmt::format(R"(,"bucket_ms":{},"points":[)", width);
    for (auto const& bucket : *buckets) {
        body += fmt::format("{}[{},{},{},{}]", body.ends_with('[') ? "" : ",", bucket.start,
                            mean_text(bucket.mean, bucket.least, bucket.most), number_text(bucket.least),
                            number_text(bucket.most));
    }
    return {200, body + "]}"};
}

/// The rows of a stream, a piece after the other.
struct Rows {
    StoredStream stream;
    std::vector<StoredField> fields;
    Span span;
    bool begun = false;
};

ApiAnswer next_points(std::shared_ptr<Rows> const& rows, StoreReader& store) {
    SeriesReader reader(store.connection());
    auto const piece =
        reader.rows(rows->stream, rows->fields, rows->span.from, rows->span.to, most_rows, most_bytes);
    if (!piece) return refuse(piece.error());
    ApiAnswer answer;
    for (auto const& row : piece->rows) {
        answer.body += fmt::format("{}[{},{}]", std::exchange(rows->begun, true) ? "," : "", row.ts,
                                   to_json(*row.values.front()));
    }
    if (!piece->next) {
        answer.body += "]}";
        return answer;
    }
    rows->span.from = *piece->next;
    answer.more = [rows](StoreReader& later) { return next_points(rows, later); };
    return answer;
}

// --- a file ---

ApiAnswer next_lines(std::shared_ptr<Rows> const& rows, StoreReader& store) {
    SeriesReader reader(store.connection());
    auto const piece =
        reader.rows(rows->stream, rows->fields, rows->span.from, rows->span.to, most_rows, most_bytes);
    if (!piece) return refuse(piece.error());
    ApiAnswer answer;
    for (auto const& row : piece->rows) answer.body += csv_line(row.ts, row.values);
    if (!piece->next) return answer;
    rows->span.from = *piece->next;
    answer.more = [rows](StoreReader& later) { return next_lines(rows, later); };
    return answer;
}

}  // namespace

ApiAnswer answer_series(ApiRequest const& request, StoreReader& store) {
    Parameters parameters(request.query, {"base", "device", "channel"});
    auto const name = take_name(parameters);
    if (parameters.wrong()) return refuse(400, *parameters.wrong());
    SeriesReader reader(store.connection());
    auto streams = reader.streams(name.device);
    if (!streams) return refuse(streams.error());
    std::erase_if(*streams, [&](auto const& stream) { return !name.fits(stream); });
    bool const narrowed = !request.query.empty();
    if (streams->empty() && narrowed) return unknown(name, reader);
    return next_series(std::make_shared<SeriesList>(SeriesList{std::move(*streams)}), store);
}

ApiAnswer answer_query(ApiRequest const& request, StoreReader& store) {
    Parameters parameters(request.query, {"base", "device", "channel", "field", "from", "to", "points"});
    auto name = take_name(parameters);
    (void)parameters.needed_text("device", "/api/v1/devices");  // it is in the name
    auto const field = parameters.needed_text("field", "/api/v1/series");
    auto const span = parameters.span(request.now);
    auto const points = parameters.count("points", most_points);
    if (parameters.wrong()) return refuse(400, *parameters.wrong());
    SeriesReader reader(store.connection());
    auto found = find_stream(std::move(name), reader);
    if (auto* const refused = std::get_if<ApiAnswer>(&found)) return std::move(*refused);
    auto const& stream = std::get<StoredStream>(found);
    auto fields = find_fields(stream, {field}, reader);
    if (auto* const refused = std::get_if<ApiAnswer>(&fields)) return std::move(*refused);
    if (points) return answer_points(stream, field, span, *points, store);
    auto const rows =
        std::make_shared<Rows>(Rows{stream, std::move(std::get<std::vector<StoredField>>(fields)), span});
    auto answer = next_points(rows, store);
    if (answer.status == 200) answer.body = query_head(stream, field, span) + ",\"points\":[" + answer.body;
    return answer;
}

ApiAnswer answer_export(ApiRequest const& request, StoreReader& store) {
    Parameters parameters(request.query, {"base", "device", "channel", "fields", "from", "to"});
    auto name = take_name(parameters);
    (void)parameters.needed_text("device", "/api/v1/devices");  // it is in the name
    auto wanted = parameters.list("fields");
    auto const span = parameters.span(request.now);
    if (parameters.wrong()) return refuse(400, *parameters.wrong());
    SeriesReader reader(store.connection());
    auto found = find_stream(std::move(name), reader);
    if (auto* const refused = std::get_if<ApiAnswer>(&found)) return std::move(*refused);
    auto const& stream = std::get<StoredStream>(found);
    if (wanted.empty()) {
        auto const all = reader.fields_of(stream);
        if (!all) return refuse(all.error());
        for (auto const& field : *all) wanted.push_back(field.name);
    }
    auto fields = find_fields(stream, wanted, reader);
    if (auto* const refused = std::get_if<ApiAnswer>(&fields)) return std::move(*refused);
    auto const rows =
        std::make_shared<Rows>(Rows{stream, std::move(std::get<std::vector<StoredField>>(fields)), span});
    auto answer = next_lines(rows, store);
    if (answer.status != 200) return answer;
    answer.content_type = "text/csv; charset=utf-8; header=present";
    answer.file_name = csv_file_name({stream.base, stream.device, stream.channel});
    answer.body = csv_head(wanted) + answer.body;
    return answer;
}

}  // namespace sink
