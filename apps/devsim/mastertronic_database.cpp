// SPDX-License-Identifier: MIT
#include "mastertronic_database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace devsim {

namespace {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

constexpr char const* schema = R"(
PRAGMA page_size = 4096;
CREATE TABLE test_record (
  id INTEGER PRIMARY KEY AUTOINCREMENT, parameter TEXT NOT NULL, test_profile_id INTEGER,
  value INTEGER, baselined_value INTEGER DEFAULT -1, multiply_factor INTEGER DEFAULT 1,
  lower_bound INTEGER, upper_bound INTEGER, indicator INTEGER, note TEXT, is_hidden INTEGER DEFAULT 0,
  record_time INTEGER NOT NULL);
CREATE INDEX test_record_time ON test_record (record_time);
CREATE TABLE parameter (
  key TEXT PRIMARY KEY, multiply_factor INTEGER, lower_bound INTEGER, upper_bound INTEGER,
  is_automatic_mode_on INTEGER, updated_at TEXT) WITHOUT ROWID;
INSERT INTO parameter VALUES ('KH_VAL', 100, 750, 950, 1, '2026-01-05T10:00:00Z'),
  ('CA_VAL', 1, 400, 460, 1, '2026-01-05T10:00:00Z'), ('MG_VAL', 1, 1250, 1400, 1, '2026-01-05T10:00:00Z');
CREATE TABLE schedule (hour INTEGER, minute INTEGER, weekday INTEGER, test_profile_id INTEGER);
INSERT INTO schedule VALUES (0, 0, 127, 6), (6, 0, 127, 6), (12, 0, 127, 6), (18, 0, 127, 6);
CREATE TABLE test_profile (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO test_profile VALUES (1, 'Ca/Mg früh'), (6, 'KH');
CREATE TABLE vial (vial_id INTEGER PRIMARY KEY, reagent_key TEXT, remaining_volume INTEGER, opened TEXT);
INSERT INTO vial VALUES (1, 'KH_1', 2150, '2026-01-05 10:12:00'), (2, 'CA_1', 1480, '2026-01-05 10:14:00'),
  (3, 'CA_2', 1475, '2026-01-05 10:14:00'), (4, 'NI_1', 60, '2025-11-20 18:00:00');
CREATE TABLE device_setting (name TEXT PRIMARY KEY, value TEXT);
INSERT INTO device_setting VALUES ('wifi_ssid', 'reef'), ('wifi_password', 'do-not-publish-this'),
  ('waste_container_volume', '500000'), ('current_waste_volume', '123450');
CREATE TABLE action_log (ts REAL, level TEXT, text TEXT);
INSERT INTO action_log VALUES (1767607920123.0, 'info', 'started'), (1767608000456.0, 'warn', 'vial 4 low');
CREATE TABLE dose_event (ts REAL, amount INTEGER);
INSERT INTO dose_event VALUES (2461046.125, 35);
CREATE TABLE "order" ("group" INTEGER, "Wert °dKH" REAL);
INSERT INTO "order" VALUES (1, 8.2);
CREATE TABLE picture (id INTEGER PRIMARY KEY, image BLOB);
INSERT INTO picture VALUES (1, randomblob(9000));
CREATE TABLE dosing (parameter TEXT, value INTEGER);
CREATE TABLE alembic_version (version_num TEXT);
INSERT INTO alembic_version VALUES ('6a1f');
CREATE VIEW latest_results AS SELECT parameter, max(record_time) AS record_time, value FROM test_record GROUP BY 1;
)";

Error failed(sqlite3* database) {
    return Error{Errc::io, std::string("SQLite: ") + sqlite3_errmsg(database)};
}

}  // namespace

void MastertronicDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<MastertronicDatabase> MastertronicDatabase::open(std::uint64_t seed) {
    sqlite3* opened = nullptr;
    int const code =
        sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    MastertronicDatabase database(opened);
    if (code != SQLITE_OK || sqlite3_exec(opened, schema, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return failed(opened);
    }
    // Ids go on from what was before the history that is shown.
    std::string const first =
        "INSERT INTO sqlite_sequence VALUES ('test_record', " + std::to_string(1000 + seed % 1000) + ")";
    if (sqlite3_exec(opened, first.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed(opened);
    return database;
}

Result<> MastertronicDatabase::add(WaterTest const& test) {
    constexpr char const* sql =
        "INSERT INTO test_record (parameter, test_profile_id, value, baselined_value, multiply_factor, "
        "lower_bound, upper_bound, indicator, note, is_hidden, record_time) VALUES (?,?,?,?,?,?,?,0,?,?,?)";
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) {
        return failed(database_.get());
    }
    int column = 0;
    sqlite3_bind_text(statement, ++column, test.parameter.data(), static_cast<int>(test.parameter.size()),
                      SQLITE_STATIC);
    for (std::int64_t const number : {std::int64_t{test.profile}, test.value, test.baselined_value,
                                      test.multiply_factor, test.lower_bound, test.upper_bound}) {
        sqlite3_bind_int64(statement, ++column, number);
    }
    sqlite3_bind_text(statement, ++column, test.note.data(), static_cast<int>(test.note.size()),
                      SQLITE_STATIC);
    sqlite3_bind_int64(statement, ++column, test.hidden ? 1 : 0);
    sqlite3_bind_int64(statement, ++column, test.record_time);
    int const code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) return failed(database_.get());
    return {};
}

Result<std::string> MastertronicDatabase::bytes() const {
    sqlite3_int64 size = 0;
    unsigned char* const file = sqlite3_serialize(database_.get(), "main", &size, 0);
    if (!file) return Error{Errc::io, "no memory for the dump"};
    std::string bytes(reinterpret_cast<char const*>(file), static_cast<std::size_t>(size));
    sqlite3_free(file);
    return bytes;
}

std::string damaged(FileDamage kind, std::string bytes, Random& random) {
    constexpr std::size_t page = 4096;
    constexpr int flips = 5;
    switch (kind) {
        case FileDamage::torn: {
            auto const pages = bytes.size() / page;
            if (pages < 3) break;
            auto const at = (1 + random.below(pages - 1)) * page + page / 2;
            auto const from = random.below(pages) * page + page / 2;
            std::copy_n(std::string(bytes, from, page / 2).begin(), page / 2,
                        bytes.begin() + static_cast<std::ptrdiff_t>(at));
            break;
        }
        case FileDamage::truncated:
            bytes.resize(bytes.size() / 2);
            break;
        case FileDamage::flipped:
            for (int i = 0; i < flips && !bytes.empty(); ++i) {
                char& byte = bytes[random.below(bytes.size())];
                byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << random.below(8));
            }
            break;
    }
    return bytes;
}

}  // namespace devsim
