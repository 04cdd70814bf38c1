// SPDX-License-Identifier: MIT
#include "schema.hpp"

#include "catalogue.hpp"
#include "migration.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace sink {

namespace {

constexpr std::int64_t application_id = 0x4D51534B;  // "MQSK"

constexpr std::array<char const*, schema_version> tables_of_version = {
    "CREATE TABLE availability (base TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL,"
    " state TEXT NOT NULL, PRIMARY KEY (base, device)) WITHOUT ROWID;"
    "CREATE TABLE set_aside (id INTEGER PRIMARY KEY, received INTEGER NOT NULL, topic TEXT NOT NULL,"
    " payload BLOB NOT NULL, payload_bytes INTEGER NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL);"
    "CREATE TABLE inbox (one INTEGER PRIMARY KEY, id INTEGER NOT NULL, committed INTEGER NOT NULL);"
    "CREATE TABLE bases (base TEXT PRIMARY KEY, table_name TEXT NOT NULL, view_name TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE fields (base TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL,"
    " column_name TEXT NOT NULL, PRIMARY KEY (base, field)) WITHOUT ROWID;",

    "CREATE TABLE arrivals (one INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
    "INSERT INTO arrivals VALUES (1, 0);"
    "CREATE TABLE outputs (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;",

    "CREATE TABLE streams (id INTEGER PRIMARY KEY, base TEXT NOT NULL, device TEXT NOT NULL,"
    " channel TEXT NOT NULL, UNIQUE (base, device, channel));"
    "CREATE TABLE events (number INTEGER PRIMARY KEY, base TEXT NOT NULL, device TEXT NOT NULL, id TEXT NOT "
    "NULL, ts INTEGER NOT NULL,"
    " kind TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL,"
    " json TEXT NOT NULL, UNIQUE (base, device, id));"
    "CREATE INDEX events_by_time ON events (ts);"
    "CREATE TABLE rollup_1m (stream INTEGER NOT NULL, field INTEGER NOT NULL, start INTEGER NOT NULL,"
    " n INTEGER NOT NULL, mean REAL NOT NULL, min REAL, max REAL, PRIMARY KEY (stream, field, start))"
    " WITHOUT ROWID;"
    "CREATE TABLE rollup_1h (stream INTEGER NOT NULL, field INTEGER NOT NULL, start INTEGER NOT NULL,"
    " n INTEGER NOT NULL, mean REAL NOT NULL, min REAL, max REAL, PRIMARY KEY (stream, field, start))"
    " WITHOUT ROWID;"
    "CREATE TABLE rollup_1d (stream INTEGER NOT NULL, field INTEGER NOT NULL, start INTEGER NOT NULL,"
    " n INTEGER NOT NULL, mean REAL NOT NULL, min REAL, max REAL, PRIMARY KEY (stream, field, start))"
    " WITHOUT ROWID;"
    "CREATE TABLE dense_hours (stream INTEGER NOT NULL, start INTEGER NOT NULL, PRIMARY KEY (stream, start))"
    " WITHOUT ROWID;"
    "CREATE TABLE upkeep (one INTEGER PRIMARY KEY, rolled INTEGER NOT NULL, clock INTEGER);"
    "INSERT INTO upkeep VALUES (1, 0, NULL);"
    "CREATE TABLE kept (base TEXT PRIMARY KEY, rows_from INTEGER NOT NULL, minutes_from INTEGER NOT NULL,"
    " arrival INTEGER NOT NULL) WITHOUT ROWID;"};

/// All of it or nothing.
template <class Change>
StoreResult<> in_transaction(Connection& connection, Change change) {
    auto done = connection.execute("BEGIN IMMEDIATE");
    if (!done) return done;
    done = change();
    if (done) done = connection.execute(fmt::format("PRAGMA user_version = {}", schema_version));
    if (done) done = connection.execute("COMMIT");
    if (!done) (void)connection.execute("ROLLBACK");  // after some faults SQLite has done so itself
    return done;
}

StoreResult<> make_tables(Connection& connection) {
    auto made =
        connection.execute(fmt::format("{}PRAGMA application_id = {}", tables_since(0), application_id));
    if (!made) return made;
    auto catalogue = Catalogue::load(connection);
    if (!catalogue) return catalogue.error();
    return catalogue->refresh_views(connection);
}

StoreResult<std::int64_t> version_of(Connection& connection) {
    auto const owner = connection.number("PRAGMA application_id");
    if (!owner) return owner.error();
    if (*owner == application_id) return connection.number("PRAGMA user_version");
    auto const objects = connection.number("SELECT count(*) FROM sqlite_schema");
    if (!objects) return objects.error();
    if (*objects != 0) return StoreError{Fault::foreign, "it holds another program's tables"};
    return 0;
}

}  // namespace

std::string tables_since(std::int64_t version) {
    std::string sql;
    for (auto of = static_cast<std::size_t>(version); of < tables_of_version.size(); ++of) {
        sql += tables_of_version[of];
    }
    return sql;
}

StoreResult<StoredBefore> look_at_store(std::string const& path, std::uint64_t inbox) {
    std::error_code unseen;
    if (!std::filesystem::exists(path, unseen)) return StoredBefore{};
    auto connection = Connection::open(path, Connection::Access::read_write);
    if (!connection) return connection.error();
    auto const version = version_of(*connection);
    if (!version) return version.error();
    StoredBefore before{*version, 0};
    if (!before.is_old()) return before;
    auto const committed = connection->number(
        fmt::format("SELECT committed FROM inbox WHERE id = {}", static_cast<std::int64_t>(inbox)));
    if (!committed) return committed.error();
    before.committed = static_cast<std::uint64_t>(*committed);
    return before;
}

StoreResult<> settle_schema(Connection& connection) {
    auto const version = version_of(connection);
    if (!version) return version.error();
    if (*version == schema_version) return {};
    if (*version > schema_version || *version < 0) {
        return StoreError{Fault::foreign, fmt::format("its schema is version {}, this program knows {}",
                                                      *version, schema_version)};
    }
    return in_transaction(
        connection, [&] { return *version == 0 ? make_tables(connection) : migrate(connection, *version); });
}

}  // namespace sink
