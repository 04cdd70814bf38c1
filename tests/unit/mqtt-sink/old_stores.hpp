// SPDX-License-Identifier: MIT
// Files as older versions of the sink left them.
#pragma once

#include "mqtt-sink/sqlite.hpp"

#include "catch.hpp"

#include <string>

namespace test {

/// What versions 1 and 2 have alike.
inline std::string const first_tables =
    "PRAGMA journal_mode = WAL;BEGIN;"
    "CREATE TABLE availability (base TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL,"
    " state TEXT NOT NULL, PRIMARY KEY (base, device)) WITHOUT ROWID;"
    "CREATE TABLE set_aside (id INTEGER PRIMARY KEY, received INTEGER NOT NULL, topic TEXT NOT NULL,"
    " payload BLOB NOT NULL, payload_bytes INTEGER NOT NULL, reason TEXT NOT NULL,"
    " sentence TEXT NOT NULL);"
    "CREATE TABLE inbox (one INTEGER PRIMARY KEY, id INTEGER NOT NULL, committed INTEGER NOT NULL);"
    "INSERT INTO inbox VALUES (1, 77, 41);"
    "CREATE TABLE bases (base TEXT PRIMARY KEY, table_name TEXT NOT NULL, view_name TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE fields (base TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL,"
    " column_name TEXT NOT NULL, PRIMARY KEY (base, field)) WITHOUT ROWID;";

/// A file as version 1 left it: two bases, one of them and one of its fields called as something is called
/// now.
inline std::string version_1(int rows) {
    return first_tables +
           "CREATE TABLE mfm (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL, hz,"
           " PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('mfm', 'mfm', 'mfm_samples');"
           "INSERT INTO fields VALUES ('mfm', 'hz', 0, 'hz');"
           "CREATE TABLE outputs (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL, ID, id_2,"
           " text, PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('outputs', 'outputs', 'outputs_samples');"
           "INSERT INTO fields VALUES ('outputs', 'ID', 0, 'ID'), ('outputs', 'id', 1, 'id_2'),"
           " ('outputs', 'text', 2, 'text');"
           "CREATE VIEW mfm_samples AS SELECT ts, 'mfm' AS base, device, channel, 'hz' AS field, hz AS value,"
           " NULL AS text FROM mfm;"
           "CREATE VIEW outputs_samples AS SELECT ts, 'outputs' AS base, device, channel, 'ID' AS field,"
           " ID AS value, text FROM outputs;"
           "CREATE VIEW samples AS SELECT * FROM mfm_samples UNION ALL SELECT * FROM outputs_samples;"
           "INSERT INTO outputs VALUES ('b', '', 2000, 5, NULL, 'late'), ('b', '10s', 1000, 6, 7, NULL);"
           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " +
           std::to_string(rows) +
           ") INSERT INTO mfm SELECT 'mains' || (i % 3), '', 100000 - i, 50 + i / 1000.0 FROM n;"
           "PRAGMA application_id = 1297175371;PRAGMA user_version = 1;COMMIT";
}

/// A file as version 2 left it: `rows` of one base, and one that is called as a table is called now, as are
/// its fields.
inline std::string version_2(int rows) {
    return first_tables +
           "CREATE TABLE arrivals (one INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
           "CREATE TABLE outputs (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;"
           "INSERT INTO outputs VALUES ('main', 2), ('other', 5);"
           "INSERT INTO availability VALUES ('mfm', 'mains0', 1000, 'online');"
           "INSERT INTO set_aside VALUES (7, 1000, 'mfm/x', '[]', 2, 'array', 'a sentence');"
           "CREATE TABLE mfm (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL,"
           " id INTEGER NOT NULL UNIQUE, hz, name, PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('mfm', 'mfm', 'mfm_samples');"
           "INSERT INTO fields VALUES ('mfm', 'hz', 0, 'hz'), ('mfm', 'name', 1, 'name');"
           "CREATE TABLE streams (device TEXT NOT NULL, channel TEXT NOT NULL, ts INTEGER NOT NULL,"
           " id INTEGER NOT NULL UNIQUE, Stream, stream_2, id_2, device_2, \"it's \"\"odd\"\"\","
           " PRIMARY KEY (device, channel, ts)) WITHOUT ROWID;"
           "INSERT INTO bases VALUES ('streams', 'streams', 'streams_samples');"
           "INSERT INTO fields VALUES ('streams', 'Stream', 0, 'Stream'), ('streams', 'stream', 1, "
           "'stream_2'),"
           " ('streams', 'id', 2, 'id_2'), ('streams', 'device', 3, 'device_2'),"
           " ('streams', 'it''s \"odd\"', 4, 'it''s \"odd\"');"
           "CREATE VIEW mfm_samples AS SELECT ts, 'mfm' AS base, device, channel, 'hz' AS field, hz AS value,"
           " NULL AS text FROM mfm;"
           "CREATE VIEW streams_samples AS SELECT ts, 'streams' AS base, device, channel, 'id' AS field,"
           " id_2 AS value, NULL AS text FROM streams;"
           "CREATE VIEW samples AS SELECT * FROM mfm_samples UNION ALL SELECT * FROM streams_samples;"
           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " +
           std::to_string(rows) +
           ") INSERT INTO mfm SELECT 'mains' || (i % 3), '', 1000 * i, i, 50 + i / 1000.0, 'J\u00f6rg ' || i"
           " FROM n;"
           "INSERT INTO streams VALUES ('a', '', 9000, 1000001, 1.5, 2.5, 3, 'x', 4.5),"
           " ('a', '10s', 9000, 1000002, NULL, NULL, NULL, NULL, 'text');"
           "INSERT INTO arrivals VALUES (1, 1000010);"
           "PRAGMA application_id = 1297175371;PRAGMA user_version = 2;COMMIT";
}

inline void make_file(std::string const& path, std::string const& sql) {
    auto connection = sink::Connection::open(path, sink::Connection::Access::read_write);
    REQUIRE(connection.has_value());
    auto const made = connection->execute(sql);
    INFO((made ? "" : made.error().detail));
    REQUIRE(made.has_value());
}

}  // namespace test
