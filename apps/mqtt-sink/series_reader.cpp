// SPDX-License-Identifier: MIT
#include "series_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sink {

namespace {

constexpr int looked_at = 100;
constexpr std::size_t bytes_of_number = 16;

std::string columns_of(std::vector<StoredField> const& fields) {
    std::string columns;
    for (auto const& field : fields) columns += ", " + sql_name(field.column);
    return columns;
}

std::optional<bridge::Value> value_of(Statement const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    if (row.is_text(column)) return std::string(row.text(column));
    if (row.is_integer(column)) return row.integer(column);
    return row.number(column);
}

std::size_t bytes_of(RowPiece::Row const& row) {
    std::size_t bytes = bytes_of_number;
    for (auto const& value : row.values) {
        auto const* const text = value ? std::get_if<std::string>(&*value) : nullptr;
        bytes += text ? text->size() : bytes_of_number;
    }
    return bytes;
}

}  // namespace

StoreResult<std::vector<StoredStream>> SeriesReader::streams(std::string_view device) {
    auto rows = connection_.prepare(
        fmt::format("SELECT id, base, device, channel, table_name FROM streams JOIN bases USING (base)"
                    "{} ORDER BY base, device, channel",
                    device.empty() ? "" : " WHERE device = ?"));
    if (!rows) return rows.error();
    if (!device.empty()) rows->bind(1, device);
    std::vector<StoredStream> found;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return found;
        StoredStream stream{rows->integer(0),
                            std::string(rows->text(1)),
                            std::string(rows->text(2)),
                            std::string(rows->text(3)),
                            std::string(rows->text(4)),
                            0,
                            0};
        // Apart from each other: each is one step in the key then.
        auto ends =
            connection_.prepare(fmt::format("SELECT (SELECT min(ts) FROM {0} WHERE stream = ?1),"
                                            " (SELECT max(ts) FROM {0} WHERE stream = ?1)",
                                            sql_name(stream.table)));
        if (!ends) return ends.error();
        ends->bind(1, stream.id);
        auto const known = ends->step();
        if (!known) return known.error();
        // All its rows may have been deleted.
        if (ends->is_null(0)) continue;
        stream.first = ends->integer(0);
        stream.last = ends->integer(1);
        found.push_back(std::move(stream));
    }
}

StoreResult<std::vector<StoredField>> SeriesReader::fields(std::string_view base) {
    auto rows =
        connection_.prepare("SELECT field, column_name, number FROM fields WHERE base = ? ORDER BY number");
    if (!rows) return rows.error();
    rows->bind(1, base);
    std::vector<StoredField> found;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return found;
        found.push_back({std::string(rows->text(0)), std::string(rows->text(1)), rows->integer(2)});
    }
}

StoreResult<std::vector<FoundField>> SeriesReader::fields_of(StoredStream const& stream) {
    auto const all = fields(stream.base);
    if (!all) return all.error();
    Marks is_text(all->size());
    // The newest has the say in what a field is.
    for (auto const* order : {"DESC", "ASC"}) {
        auto const looked = look(stream, *all, order, is_text);
        if (!looked) return looked.error();
    }
    auto const asked = ask_rollups(stream, *all, is_text);
    if (!asked) return asked.error();
    std::vector<FoundField> found;
    for (std::size_t i = 0; i < all->size(); ++i) {
        if (is_text[i]) found.push_back({(*all)[i].name, *is_text[i]});
    }
    std::ranges::sort(found, {}, &FoundField::name);
    return found;
}

StoreResult<> SeriesReader::look(StoredStream const& stream, std::vector<StoredField> const& fields,
                                 std::string_view order, Marks& is_text) {
    auto rows =
        connection_.prepare(fmt::format("SELECT ts{} FROM {} WHERE stream = ? ORDER BY ts {} LIMIT {}",
                                        columns_of(fields), sql_name(stream.table), order, looked_at));
    if (!rows) return rows.error();
    rows->bind(1, stream.id);
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        for (std::size_t i = 0; i < fields.size(); ++i) {
            int const column = static_cast<int>(i) + 1;
            if (!is_text[i] && !rows->is_null(column)) is_text[i] = rows->is_text(column);
        }
    }
}

StoreResult<> SeriesReader::ask_rollups(StoredStream const& stream, std::vector<StoredField> const& fields,
                                        Marks& is_text) {
    auto const there = connection_.number("SELECT count(*) FROM sqlite_schema WHERE name = 'rollup_1d'");
    if (!there) return there.error();
    if (*there == 0) return {};
    auto rows = connection_.prepare("SELECT DISTINCT field FROM rollup_1d WHERE stream = ?");
    if (!rows) return rows.error();
    rows->bind(1, stream.id);
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        auto const field = std::ranges::find(fields, rows->integer(0), &StoredField::number);
        if (field == fields.end()) continue;
        auto& mark = is_text[static_cast<std::size_t>(field - fields.begin())];
        if (!mark) mark = false;
    }
}

StoreResult<RowPiece> SeriesReader::rows(StoredStream const& stream, std::vector<StoredField> const& fields,
                                         std::int64_t from, std::int64_t to, std::size_t most_rows,
                                         std::size_t most_bytes) {
    auto select = connection_.prepare(
        fmt::format("SELECT ts{} FROM {} WHERE stream = ? AND ts BETWEEN ? AND ? ORDER BY ts",
                    columns_of(fields), sql_name(stream.table)));
    if (!select) return select.error();
    select->bind(1, stream.id);
    select->bind(2, from);
    select->bind(3, to);
    RowPiece piece;
    std::size_t bytes = 0;
    for (std::size_t looked = 0;; ++looked) {
        auto const there = select->step();
        if (!there) return there.error();
        if (!*there) return piece;
        std::int64_t const ts = select->integer(0);
        if (looked >= most_rows || bytes >= most_bytes) {
            piece.next = ts;
            return piece;
        }
        RowPiece::Row row{ts, {}};
        for (std::size_t i = 0; i < fields.size(); ++i)
            row.values.push_back(value_of(*select, static_cast<int>(i) + 1));
        bool const empty =
            std::ranges::none_of(row.values, [](auto const& value) { return value.has_value(); });
        if (empty) continue;
        bytes += bytes_of(row);
        piece.rows.push_back(std::move(row));
    }
}

}  // namespace sink
