// SPDX-License-Identifier: MIT
#include "store_reader.hpp"

#include "rollup_reader.hpp"
#include "topic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace sink {

namespace {

bridge::Value value_of(Statement const& row, int column) {
    if (row.is_text(column)) return std::string(row.text(column));
    if (row.is_integer(column)) return row.integer(column);
    return row.number(column);
}

/// Of the base, the device and the channel that are the first three parameters.
constexpr char const* stream_number =
    "(SELECT id FROM streams WHERE base = ? AND device = ? AND channel = ?)";

/// The rows of a base's table `t`, each with its stream `s`.
std::string select_rows(std::string_view table) {
    return fmt::format(
        "SELECT s.device, s.channel, t.* FROM {} AS t CROSS JOIN streams AS s ON s.id = t.stream",
        sql_name(table));
}

/// The newest row of each stream of the base that is the first parameter.
std::string newest_rows(std::string_view table) {
    return fmt::format(
        "SELECT s.device, s.channel, t.* FROM streams AS s CROSS JOIN {0} AS t WHERE s.base = ?"
        " AND t.stream = s.id AND t.ts = (SELECT max(ts) FROM {0} WHERE stream = s.id)",
        sql_name(table));
}

constexpr int stream_column = 2;
constexpr int id_column = 4;

/// One of `select_rows`: device, channel, stream, ts, id and the fields.
StoredRow to_row(Statement const& row, std::string const& base, std::vector<std::string> const& names) {
    constexpr int first_field = 5;
    StoredRow stored{.id = row.integer(id_column),
                     .base = base,
                     .device = std::string(row.text(0)),
                     .channel = std::string(row.text(1)),
                     .ts = row.integer(3),
                     .fields = {}};
    // A column that a later start of the writer added is not in `names` yet.
    int const columns = std::min(row.columns(), first_field + static_cast<int>(names.size()));
    for (int column = first_field; column < columns; ++column) {
        if (row.is_null(column)) continue;
        stored.fields.push_back(
            {names[static_cast<std::size_t>(column - first_field)], value_of(row, column)});
    }
    return stored;
}

std::size_t bytes_of(StoredRow const& row) {
    constexpr std::size_t of_number = 8;
    std::size_t bytes = row.device.size() + row.channel.size() + of_number;
    for (auto const& field : row.fields) {
        auto const* text = std::get_if<std::string>(&field.value);
        bytes += field.name.size() + (text ? text->size() : of_number);
    }
    return bytes;
}

}  // namespace

StoreResult<StoreReader> StoreReader::open(std::string const& path) {
    auto connection = Connection::open(path, Connection::Access::read_only);
    if (!connection) return connection.error();
    return StoreReader(std::move(*connection));
}

StoreResult<std::vector<StoreReader::Base>> StoreReader::bases() {
    auto rows = connection_.prepare("SELECT base, table_name FROM bases ORDER BY base");
    if (!rows) return rows.error();
    std::vector<Base> found;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return found;
        found.push_back({std::string(rows->text(0)), std::string(rows->text(1))});
    }
}

StoreResult<std::optional<StoreReader::Base>> StoreReader::base(std::string_view name) {
    auto rows = connection_.prepare("SELECT table_name FROM bases WHERE base = ?");
    if (!rows) return rows.error();
    rows->bind(1, name);
    auto const row = rows->step();
    if (!row) return row.error();
    if (!*row) return std::optional<Base>();
    return std::optional(Base{std::string(name), std::string(rows->text(0))});
}

StoreResult<std::vector<std::string>> StoreReader::field_names(std::string_view base) {
    auto fields = connection_.prepare("SELECT field FROM fields WHERE base = ? ORDER BY number");
    if (!fields) return fields.error();
    fields->bind(1, base);
    std::vector<std::string> names;
    for (;;) {
        auto const row = fields->step();
        if (!row) return row.error();
        if (!*row) return names;
        names.emplace_back(fields->text(0));
    }
}

Connection& StoreReader::connection() {
    connection_.set_deadline(patience);
    return connection_;
}

StoreResult<Devices> StoreReader::devices() {
    connection_.set_deadline(patience);
    auto const all = bases();
    if (!all) return all.error();
    Devices devices;
    for (auto const& base : *all) {
        auto const added = add_channels(base, devices);
        if (!added) return added.error();
    }
    auto const added = add_availability(devices);
    if (!added) return added.error();
    return devices;
}

/// The last row of each stream, found by the key: it costs nothing more when the table is long.
StoreResult<> StoreReader::add_channels(Base const& base, Devices& devices) {
    auto rows = connection_.prepare(newest_rows(base.table) + " ORDER BY s.device, s.channel");
    if (!rows) return rows.error();
    auto const names = field_names(base.name);
    if (!names) return names.error();
    rows->bind(1, std::string_view(base.name));
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        auto state = to_row(*rows, base.name, *names);
        devices[{base.name, state.device}].channels.push_back(
            {std::move(state.channel), state.ts, std::move(state.fields)});
    }
}

StoreResult<> StoreReader::add_availability(Devices& devices) {
    auto rows = connection_.prepare("SELECT base, device, state FROM availability");
    if (!rows) return rows.error();
    std::set<std::string> without_bridge;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) break;
        std::string base(rows->text(0));
        if (rows->text(1) != bridge_device) {
            devices[{std::move(base), std::string(rows->text(1))}].availability = rows->text(2);
        } else if (rows->text(2) == "offline") {
            without_bridge.insert(std::move(base));
        }
    }
    for (auto& [name, device] : devices) {
        if (device.availability && without_bridge.contains(name.first)) device.availability = "offline";
    }
    return {};
}

StoreResult<> StoreReader::add_rows(Statement& select, Base const& base, std::vector<NodeRow>& rows) {
    auto const names = field_names(base.name);
    if (!names) return names.error();
    for (;;) {
        auto const row = select.step();
        if (!row) return row.error();
        if (!*row) return {};
        auto stored = to_row(select, base.name, *names);
        rows.push_back({stored.id, stored.ts, std::move(stored.device), std::move(stored.fields)});
    }
}

StoreResult<std::vector<NodeRow>> StoreReader::newest_of_each(std::string_view base_name) {
    connection_.set_deadline(patience);
    std::vector<NodeRow> rows;
    auto const found = base(base_name);
    if (!found) return found.error();
    if (!*found) return rows;
    auto select = connection_.prepare(newest_rows((*found)->table) + " AND s.channel = ''");
    if (!select) return select.error();
    select->bind(1, base_name);
    auto const added = add_rows(*select, **found, rows);
    if (!added) return added.error();
    return rows;
}

StoreResult<std::vector<NodeRow>> StoreReader::newest_of(std::string_view base_name, std::string_view node,
                                                         std::size_t most) {
    auto const newest = newest_of_each(base_name);
    if (!newest) return newest.error();
    std::vector<NodeRow> rows;
    auto const found = base(base_name);
    if (!found) return found.error();
    for (auto const& row : *newest) {
        if (row.device != node && measurements::node_id(row) != node) continue;
        auto select =
            connection_.prepare(select_rows((*found)->table) + " WHERE t.stream = " + stream_number +
                                " ORDER BY t.ts DESC LIMIT ?");
        if (!select) return select.error();
        select->bind(1, base_name);
        select->bind(2, std::string_view(row.device));
        select->bind(3, std::string_view());
        select->bind(4, static_cast<std::int64_t>(most));
        auto const added = add_rows(*select, **found, rows);
        if (!added) return added.error();
    }
    return rows;
}

/// Those that have such rows, each at its first.
StoreResult<std::vector<StoreReader::Rows>> StoreReader::rows_of_each_base_after(std::int64_t number) {
    auto const all = bases();
    if (!all) return all.error();
    std::vector<Rows> found;
    for (auto const& base : *all) {
        auto rows = connection_.prepare(select_rows(base.table) + " WHERE t.id > ? ORDER BY t.id");
        if (!rows) return rows.error();
        rows->bind(1, number);
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) continue;
        auto names = field_names(base.name);
        if (!names) return names.error();
        found.push_back({base.name, std::move(*rows), std::move(*names)});
    }
    return found;
}

StoreResult<Slice> StoreReader::rows_after(std::int64_t number, std::size_t most_rows,
                                           std::size_t most_bytes) {
    connection_.set_deadline(patience);
    auto const last = connection_.number("SELECT last FROM arrivals");
    if (!last) return last.error();
    auto bases = rows_of_each_base_after(number);
    if (!bases) return bases.error();
    Slice slice;
    std::size_t bytes = 0;
    while (!bases->empty() && slice.rows.size() < most_rows && bytes < most_bytes) {
        auto const next = std::ranges::min_element(
            *bases, {}, [](Rows const& rows) { return rows.statement.integer(id_column); });
        slice.rows.push_back(to_row(next->statement, next->base, next->names));
        bytes += bytes_of(slice.rows.back());
        auto const row = next->statement.step();
        if (!row) return row.error();
        if (!*row) bases->erase(next);
    }
    // Numbers of rows that were changed since are nobody's.
    slice.whole = bases->empty();
    slice.up_to = slice.whole ? std::max(*last, number) : slice.rows.back().id;
    return slice;
}

StoreResult<std::optional<TimeRange>> StoreReader::measured_range() {
    connection_.set_deadline(patience);
    auto const all = bases();
    if (!all) return all.error();
    std::optional<TimeRange> range;
    for (auto const& base : *all) {
        auto ends = connection_.prepare(
            fmt::format("SELECT min(first), max(last) FROM (SELECT"
                        " (SELECT min(ts) FROM {0} WHERE stream = s.id) AS first,"
                        " (SELECT max(ts) FROM {0} WHERE stream = s.id) AS last FROM streams AS s"
                        " WHERE s.base = ?)",
                        sql_name(base.table)));
        if (!ends) return ends.error();
        ends->bind(1, std::string_view(base.name));
        auto const row = ends->step();
        if (!row) return row.error();
        if (!*row || ends->is_null(0)) continue;
        TimeRange const here{ends->integer(0), ends->integer(1)};
        range = range ? TimeRange{std::min(range->from, here.from), std::max(range->to, here.to)} : here;
    }
    return range;
}

StoreResult<Slice> StoreReader::rows_measured(TimeRange range, RowPlace& place, std::size_t most_rows,
                                              std::size_t most_bytes) {
    connection_.set_deadline(patience);
    auto const all = bases();
    if (!all) return all.error();
    Slice slice;
    for (auto const& base : *all) {
        if (base.name < place.base) continue;
        if (base.name > place.base) place = {base.name, 0, 0};
        auto const added = add_measured(base, range, place, most_rows, most_bytes, slice);
        if (!added) return added.error();
        if (!slice.whole) break;
    }
    return slice;
}

StoreResult<> StoreReader::add_measured(Base const& base, TimeRange range, RowPlace& place,
                                        std::size_t most_rows, std::size_t most_bytes, Slice& slice) {
    // The plus keeps streams in the order of their numbers, so that nothing has to be sorted.
    auto rows = connection_.prepare(
        fmt::format("SELECT s.device, s.channel, t.* FROM streams AS s CROSS JOIN {} AS t"
                    " WHERE +s.base = ?1 AND s.id >= ?2 AND t.stream = s.id"
                    " AND t.ts >= CASE s.id WHEN ?2 THEN ?3 ELSE ?4 END AND t.ts <= ?5 ORDER BY s.id, t.ts",
                    sql_name(base.table)));
    if (!rows) return rows.error();
    auto const names = field_names(base.name);
    if (!names) return names.error();
    rows->bind(1, std::string_view(base.name));
    rows->bind(2, place.stream);
    rows->bind(3, std::max(place.next_ts, range.from));
    rows->bind(4, range.from);
    rows->bind(5, range.to);
    std::size_t bytes = 0;
    for (auto const& row : slice.rows) bytes += bytes_of(row);
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        if (slice.rows.size() >= most_rows || bytes >= most_bytes) {
            slice.whole = false;
            return {};
        }
        slice.rows.push_back(to_row(*rows, base.name, *names));
        bytes += bytes_of(slice.rows.back());
        place = {base.name, rows->integer(stream_column), slice.rows.back().ts + 1};
    }
}

StoreResult<std::vector<StoredEvent>> StoreReader::events(EventQuestion const& question) {
    connection_.set_deadline(patience);
    auto rows = connection_.prepare(fmt::format(
        "SELECT number, base, device, id, ts, kind, severity, state, text, json FROM events"
        " WHERE ts BETWEEN ? AND ? AND (ts, number) < (?, ?){}{} ORDER BY ts DESC, number DESC LIMIT ?",
        question.base ? " AND base = ?" : "", question.device ? " AND device = ?" : ""));
    if (!rows) return rows.error();
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    int parameter = 0;
    rows->bind(++parameter, question.from);
    rows->bind(++parameter, question.to);
    rows->bind(++parameter, question.behind ? question.behind->first : last);
    rows->bind(++parameter, question.behind ? question.behind->second : last);
    if (question.base) rows->bind(++parameter, std::string_view(*question.base));
    if (question.device) rows->bind(++parameter, std::string_view(*question.device));
    rows->bind(++parameter, static_cast<std::int64_t>(question.most));
    std::vector<StoredEvent> found;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return found;
        auto const text = [&rows](int column) { return std::string(rows->text(column)); };
        found.push_back({rows->integer(0), text(1), text(2), text(3), rows->integer(4), text(5), text(6),
                         text(7), text(8), text(9)});
    }
}

StoreResult<std::vector<Bucket>> StoreReader::buckets(SeriesQuestion const& question, std::int64_t width) {
    connection_.set_deadline(patience);
    return read_buckets(connection_, question, width);
}

}  // namespace sink
