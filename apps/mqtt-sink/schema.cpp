// SPDX-License-Identifier: MIT
#include "schema.hpp"

#include "catalogue.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace sink {

namespace {

constexpr std::int64_t application_id = 0x4D51534B;  // "MQSK"
constexpr std::int64_t schema_version = 2;

std::string const own_tables =
    "CREATE TABLE availability (base TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL,"
    " state TEXT NOT NULL, PRIMARY KEY (base, device)) WITHOUT ROWID;"
    "CREATE TABLE set_aside (id INTEGER PRIMARY KEY, received INTEGER NOT NULL, topic TEXT NOT NULL,"
    " payload BLOB NOT NULL, payload_bytes INTEGER NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL);"
    "CREATE TABLE inbox (one INTEGER PRIMARY KEY, id INTEGER NOT NULL, committed INTEGER NOT NULL);";
std::string const since_version_2 =
    "CREATE TABLE arrivals (one INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
    "INSERT INTO arrivals VALUES (1, 0);"
    "CREATE TABLE outputs (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;";

/// What version 1 knows of a base.
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

/// A table of version 1 while it is copied: no topic has a slash within a level.
std::string put_away(OldBase const& base) { return sql_name("/" + base.table); }

/// Copies a table into one with the column `id`, numbered from `first` on as time goes. A field's column may
/// have had that name.
StoreResult<> number_rows(Connection& connection, OldBase const& base, std::string const& table,
                          std::int64_t first) {
    Catalogue::Names names;
    for (auto const* key : {"device", "channel", "ts", "id"}) names.take(key);
    std::string sql;
    std::string from;
    std::string to;
    for (std::size_t number = 0; number < base.columns.size(); ++number) {
        std::string const column = names.free_one(base.columns[number]);
        names.take(column);
        from += ", " + sql_name(base.columns[number]);
        to += ", " + sql_name(column);
        if (column == base.columns[number]) continue;
        sql += fmt::format("UPDATE fields SET column_name = {} WHERE base = {} AND number = {};",
                           sql_text(column), sql_text(base.name), number);
    }
    sql += fmt::format(
        "CREATE TABLE {0} (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL,"
        " id INTEGER NOT NULL UNIQUE{1}, PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
        "INSERT INTO {0} (device, channel, ts, id{1})"
        " SELECT device, channel, ts, {2} + row_number() OVER (ORDER BY ts){3} FROM {4};"
        "DROP TABLE {4};"
        "UPDATE bases SET table_name = {5} WHERE base = {6};"
        "UPDATE arrivals SET last = {2} + (SELECT count(*) FROM {0})",
        sql_name(table), to, first - 1, from, put_away(base), sql_text(table), sql_text(base.name));
    return connection.execute(sql);
}

StoreResult<> number_all_rows(Connection& connection) {
    auto const bases = old_bases(connection);
    if (!bases) return bases.error();
    std::string sql = "DROP VIEW samples;";
    for (auto const& base : *bases) {
        sql += fmt::format("DROP VIEW {};ALTER TABLE {} RENAME TO {};", sql_name(base.view),
                           sql_name(base.table), put_away(base));
    }
    auto done = connection.execute(sql + since_version_2);
    // A base's table may have had a name that is the store's own now.
    Catalogue::Names names;
    for (auto const* own : {"arrivals", "outputs"}) names.take(own);
    for (auto const& base : *bases) {
        if (!done) return done;
        auto const last = connection.number("SELECT last FROM arrivals");
        if (!last) return last.error();
        std::string const table = names.free_one(base.table);
        names.take(table);
        done = number_rows(connection, base, table, *last + 1);
    }
    return done;
}

/// All of it or nothing.
StoreResult<> in_transaction(Connection& connection, StoreResult<> (*change)(Connection&)) {
    auto done = connection.execute("BEGIN IMMEDIATE");
    if (!done) return done;
    done = change(connection);
    if (done) done = connection.execute("COMMIT");
    if (!done) (void)connection.execute("ROLLBACK");  // after some faults SQLite has done so itself
    return done;
}

StoreResult<> make_tables(Connection& connection) {
    return connection.execute(fmt::format("{}{}{}PRAGMA application_id = {};PRAGMA user_version = {}",
                                          own_tables, since_version_2, Catalogue::schema(), application_id,
                                          schema_version));
}

StoreResult<> to_version_2(Connection& connection) {
    auto done = number_all_rows(connection);
    if (!done) return done;
    auto catalogue = Catalogue::load(connection);
    if (!catalogue) return catalogue.error();
    done = catalogue->refresh_views(connection);
    if (!done) return done;
    return connection.execute("PRAGMA user_version = 2");
}

}  // namespace

StoreResult<> settle_schema(Connection& connection) {
    auto const owner = connection.number("PRAGMA application_id");
    if (!owner) return owner.error();
    if (*owner != application_id) {
        auto const objects = connection.number("SELECT count(*) FROM sqlite_schema");
        if (!objects) return objects.error();
        if (*objects != 0) return StoreError{Fault::damaged, "it holds another program's tables"};
        return in_transaction(connection, make_tables);
    }
    auto const version = connection.number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version == 1) return in_transaction(connection, to_version_2);
    if (*version == schema_version) return {};
    return StoreError{Fault::damaged, fmt::format("its schema is version {}, this program knows {}", *version,
                                                  schema_version)};
}

}  // namespace sink
