// SPDX-License-Identifier: MIT
#include "migration.hpp"

#include "catalogue.hpp"
#include "schema.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace sink {

namespace {

/// A base as an older version knows it.
struct OldBase {
    std::string name, table, view;
    std::vector<std::string> columns;  ///< by the number of the field
};

StoreResult<std::vector<OldBase>> old_bases(Connection& connection) {
    auto rows = connection.prepare(
        "SELECT base, table_name, view_name, column_name FROM bases JOIN fields USING (base)"
        " ORDER BY base, number");
    if (!rows) return rows.error();
    std::vector<OldBase> bases;
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return bases;
        if (bases.empty() || bases.back().name != rows->text(0)) {
            bases.push_back(
                {std::string(rows->text(0)), std::string(rows->text(1)), std::string(rows->text(2)), {}});
        }
        bases.back().columns.emplace_back(rows->text(3));
    }
}

/// An old table while it is copied: no topic has a slash within a level.
std::string put_away(OldBase const& base) { return sql_name("/" + base.table); }

/// Renames the fields whose columns were called as a key is called now.
std::vector<std::string> new_columns(OldBase const& base, std::string& sql) {
    Catalogue::Names names = Catalogue::column_names();
    std::vector<std::string> columns;
    for (std::size_t number = 0; number < base.columns.size(); ++number) {
        columns.push_back(names.free_one(base.columns[number]));
        names.take(columns.back());
        if (columns.back() == base.columns[number]) continue;
        sql += fmt::format("UPDATE fields SET column_name = {} WHERE base = {} AND number = {};",
                           sql_text(columns.back()), sql_text(base.name), number);
    }
    return columns;
}

/// Copies a base's rows into a table of the new shape. Those of version 1 are numbered, as time goes.
StoreResult<> copy_rows(Connection& connection, OldBase const& base, std::string const& table,
                        std::int64_t version) {
    std::string sql;
    std::string from;
    std::string to;
    auto const columns = new_columns(base, sql);
    for (std::size_t number = 0; number < columns.size(); ++number) {
        from += ", t." + sql_name(base.columns[number]);
        to += ", " + sql_name(columns[number]);
    }
    std::string rows = put_away(base);
    if (version == 1) {
        rows = fmt::format(
            "(SELECT *, (SELECT last FROM arrivals) + row_number() OVER (ORDER BY ts) AS \"/id\" FROM {})",
            rows);
    }
    sql += Catalogue::table_sql(table, columns);
    sql += fmt::format(
        "INSERT INTO streams (base, device, channel) SELECT DISTINCT {0}, device, channel FROM {1};"
        "INSERT INTO {2} (stream, ts, id{3}) SELECT s.id, t.ts, t.{4}{5} FROM streams AS s JOIN {6} AS t"
        " USING (device, channel) WHERE s.base = {0} ORDER BY s.id, t.ts;"
        "DROP TABLE {1};"
        "UPDATE bases SET table_name = {7} WHERE base = {0};",
        sql_text(base.name), put_away(base), sql_name(table), to, version == 1 ? "\"/id\"" : "id", from, rows,
        sql_text(table));
    sql += Catalogue::index_sql(table);
    if (version == 1) {
        sql += fmt::format("UPDATE arrivals SET last = last + (SELECT count(*) FROM {})", sql_name(table));
    }
    return connection.execute(sql);
}

StoreResult<> put_old_tables_away(Connection& connection, std::vector<OldBase> const& bases) {
    std::string sql = "DROP VIEW samples;";
    for (auto const& base : bases) {
        sql += fmt::format("DROP VIEW {};ALTER TABLE {} RENAME TO {};", sql_name(base.view),
                           sql_name(base.table), put_away(base));
    }
    return connection.execute(sql);
}

}  // namespace

StoreResult<> migrate(Connection& connection, std::int64_t version) {
    auto const bases = old_bases(connection);
    if (!bases) return bases.error();
    auto done = put_old_tables_away(connection, *bases);
    if (done) done = connection.execute(tables_since(version));
    if (!done) return done;
    // A base's table may have had a name that is the store's own now.
    auto names = Catalogue::Names::in(connection);
    if (!names) return names.error();
    for (auto const& base : *bases) names->take(base.view);
    for (auto const& base : *bases) {
        std::string const table = names->free_one(base.table);
        names->take(table);
        done = copy_rows(connection, base, table, version);
        if (!done) return done;
    }
    auto catalogue = Catalogue::load(connection);
    if (!catalogue) return catalogue.error();
    return catalogue->refresh_views(connection);
}

}  // namespace sink
