// SPDX-License-Identifier: MIT
#include "store_reader.hpp"

#include "topic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sink {

namespace {

bridge::Value value_of(Statement const& row, int column) {
    if (row.is_text(column)) return std::string(row.text(column));
    if (row.is_integer(column)) return row.integer(column);
    return row.number(column);
}

constexpr int id_column = 3;

/// A row of `SELECT *` from a base's table.
StoredRow to_row(Statement const& row, std::string const& base, std::vector<std::string> const& names) {
    constexpr int first_field = 4;
    StoredRow stored{.id = row.integer(id_column),
                     .base = base,
                     .device = std::string(row.text(0)),
                     .channel = std::string(row.text(1)),
                     .ts = row.integer(2),
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

/// Adds numbers up until the bucket is over.
struct Sum {
    double total = 0;
    std::int64_t count = 0;
    Bucket bucket;

    void add(double number) {
        bucket.least = count == 0 ? number : std::min(bucket.least, number);
        bucket.most = count == 0 ? number : std::max(bucket.most, number);
        total += number;
        ++count;
    }
    /// To be called with count above 0.
    [[nodiscard]] Bucket finish() {
        // Of many equal numbers the mean must not lie a rounding error outside them.
        bucket.mean = std::clamp(total / static_cast<double>(count), bucket.least, bucket.most);
        return bucket;
    }
};

}  // namespace

StoreResult<StoreReader> StoreReader::open(std::string const& path) {
    auto connection = Connection::open(path, Connection::Access::read_only);
    if (!connection) return connection.error();
    return StoreReader(std::move(*connection));
}

StoreResult<std::vector<StoreReader::Base>> StoreReader::bases() {
    auto rows = connection_.prepare("SELECT base, table_name FROM bases");
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

/// The last row of each channel, found by jumping backwards from key to key: it costs nothing more when the
/// table is long.
StoreResult<> StoreReader::add_channels(Base const& base, Devices& devices) {
    auto last =
        connection_.prepare(fmt::format("SELECT * FROM {} WHERE (device, channel) < (?, ?)"
                                        " ORDER BY device DESC, channel DESC, ts DESC LIMIT 1",
                                        sql_name(base.table)));
    if (!last) return last.error();
    auto const names = field_names(base.name);
    if (!names) return names.error();
    // Above every text there is a blob.
    std::string device = "\xff";
    std::string channel;
    last->bind_blob(1, device);
    last->bind(2, std::string_view(channel));
    for (;;) {
        auto const row = last->step();
        if (!row) return row.error();
        if (!*row) return {};
        auto state = to_row(*last, base.name, *names);
        device = state.device;
        channel = state.channel;
        auto& channels = devices[{base.name, device}].channels;
        channels.insert(channels.begin(), {channel, state.ts, std::move(state.fields)});
        last->reset();
        last->bind(1, std::string_view(device));
        last->bind(2, std::string_view(channel));
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

/// From key to key, backwards, as above.
StoreResult<std::vector<std::string>> StoreReader::devices_of(Base const& base) {
    auto last = connection_.prepare(fmt::format(
        "SELECT device FROM {} WHERE device < ? ORDER BY device DESC LIMIT 1", sql_name(base.table)));
    if (!last) return last.error();
    std::vector<std::string> devices;
    last->bind_blob(1, "\xff");
    for (;;) {
        auto const row = last->step();
        if (!row) return row.error();
        if (!*row) return devices;
        devices.emplace_back(last->text(0));
        last->reset();
        last->bind(1, std::string_view(devices.back()));
    }
}

StoreResult<> StoreReader::add_newest(Base const& base, std::string_view device, std::size_t most,
                                      std::vector<NodeRow>& rows) {
    auto select = connection_.prepare(fmt::format(
        "SELECT * FROM {} WHERE device = ? AND channel = '' ORDER BY ts DESC LIMIT ?", sql_name(base.table)));
    if (!select) return select.error();
    auto const names = field_names(base.name);
    if (!names) return names.error();
    select->bind(1, device);
    select->bind(2, static_cast<std::int64_t>(most));
    for (;;) {
        auto const row = select->step();
        if (!row) return row.error();
        if (!*row) return {};
        auto stored = to_row(*select, base.name, *names);
        rows.push_back({stored.id, stored.ts, std::move(stored.device), std::move(stored.fields)});
    }
}

StoreResult<std::vector<NodeRow>> StoreReader::newest_of_each(std::string_view base_name) {
    connection_.set_deadline(patience);
    std::vector<NodeRow> rows;
    auto const found = base(base_name);
    if (!found) return found.error();
    if (!*found) return rows;
    auto const devices = devices_of(**found);
    if (!devices) return devices.error();
    for (auto const& device : *devices) {
        auto const added = add_newest(**found, device, 1, rows);
        if (!added) return added.error();
    }
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
        auto const added = add_newest(**found, row.device, most, rows);
        if (!added) return added.error();
    }
    return rows;
}

/// Those that have such rows, each at its first.
StoreResult<std::vector<StoreReader::Stream>> StoreReader::streams_after(std::int64_t number) {
    auto const all = bases();
    if (!all) return all.error();
    std::vector<Stream> streams;
    for (auto const& base : *all) {
        auto rows = connection_.prepare(
            fmt::format("SELECT * FROM {} WHERE id > ? ORDER BY id", sql_name(base.table)));
        if (!rows) return rows.error();
        rows->bind(1, number);
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) continue;
        auto names = field_names(base.name);
        if (!names) return names.error();
        streams.push_back({base.name, std::move(*rows), std::move(*names)});
    }
    return streams;
}

StoreResult<Slice> StoreReader::rows_after(std::int64_t number, std::size_t most_rows,
                                           std::size_t most_bytes) {
    connection_.set_deadline(patience);
    auto const last = connection_.number("SELECT last FROM arrivals");
    if (!last) return last.error();
    auto streams = streams_after(number);
    if (!streams) return streams.error();
    Slice slice;
    std::size_t bytes = 0;
    while (!streams->empty() && slice.rows.size() < most_rows && bytes < most_bytes) {
        auto const next = std::ranges::min_element(
            *streams, {}, [](Stream const& stream) { return stream.rows.integer(id_column); });
        slice.rows.push_back(to_row(next->rows, next->base, next->names));
        bytes += bytes_of(slice.rows.back());
        auto const row = next->rows.step();
        if (!row) return row.error();
        if (!*row) streams->erase(next);
    }
    // Numbers of rows that were changed since are nobody's.
    slice.whole = streams->empty();
    slice.up_to = slice.whole ? std::max(*last, number) : slice.rows.back().id;
    return slice;
}

StoreResult<std::vector<std::string>> StoreReader::bases_of(std::string_view device) {
    connection_.set_deadline(patience);
    auto const all = bases();
    if (!all) return all.error();
    std::vector<std::string> found;
    for (auto const& base : *all) {
        auto first = connection_.prepare(
            fmt::format("SELECT 1 FROM {} WHERE device = ? LIMIT 1", sql_name(base.table)));
        if (!first) return first.error();
        first->bind(1, device);
        auto const row = first->step();
        if (!row) return row.error();
        if (*row) found.push_back(base.name);
    }
    return found;
}

StoreResult<bool> StoreReader::has_field(std::string_view base, std::string_view field) {
    connection_.set_deadline(patience);
    auto rows = connection_.prepare("SELECT 1 FROM fields WHERE base = ? AND field = ?");
    if (!rows) return rows.error();
    rows->bind(1, base);
    rows->bind(2, field);
    return rows->step();
}

StoreResult<Statement> StoreReader::select_series(SeriesQuestion const& question) {
    connection_.set_deadline(patience);
    auto names = connection_.prepare(
        "SELECT table_name, column_name FROM bases JOIN fields USING (base) WHERE base = ? AND field = ?");
    if (!names) return names.error();
    names->bind(1, std::string_view(question.base));
    names->bind(2, std::string_view(question.field));
    auto const known = names->step();
    if (!known) return known.error();
    if (!*known) return StoreError{Fault::refused, "no such field"};
    std::string const column = sql_name(names->text(1));
    auto select = connection_.prepare(
        fmt::format("SELECT ts, {} FROM {} WHERE device = ? AND channel = ? AND ts BETWEEN ? AND ?"
                    " AND {} IS NOT NULL ORDER BY ts",
                    column, sql_name(names->text(0)), column));
    if (!select) return select.error();
    select->bind(1, std::string_view(question.device));
    select->bind(2, std::string_view(question.channel));
    select->bind(3, question.from);
    select->bind(4, question.to);
    return select;
}

StoreResult<std::vector<StoreReader::Point>> StoreReader::raw(SeriesQuestion const& question,
                                                              std::size_t most) {
    auto rows = select_series(question);
    if (!rows) return rows.error();
    std::vector<Point> points;
    while (points.size() < most) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) break;
        points.emplace_back(rows->integer(0), value_of(*rows, 1));
    }
    return points;
}

StoreResult<std::vector<Bucket>> StoreReader::buckets(SeriesQuestion const& question, std::int64_t width) {
    auto rows = select_series(question);
    if (!rows) return rows.error();
    std::vector<Bucket> done;
    Sum sum;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (*row && rows->is_text(1)) continue;
        std::int64_t const start =
            *row ? question.from + (rows->integer(0) - question.from) / width * width : 0;
        if (sum.count > 0 && (!*row || start != sum.bucket.start)) {
            done.push_back(sum.finish());
            sum = {};
        }
        if (!*row) return done;
        sum.bucket.start = start;
        sum.add(rows->number(1));
    }
}

}  // namespace sink
