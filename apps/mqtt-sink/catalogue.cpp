// SPDX-License-Identifier: MIT
#include "catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sink {

namespace {

constexpr std::string_view samples_columns = "ts, base, device, channel, field, value, text";

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// The column of a field by the field's number. SQLite tries one WHEN after the other, so many of them stand
/// in blocks, and a block is chosen first.
std::string choice_of_column(std::vector<std::string> const& columns) {
    constexpr std::size_t block = 48;
    std::string sql;
    for (std::size_t number = 0; number < columns.size(); ++number) {
        if (number % block == 0) {
            sql +=
                fmt::format("{} WHEN {} THEN CASE f.number",
                            number == 0 ? fmt::format("CASE f.number / {}", block) : " END", number / block);
        }
        sql += fmt::format(" WHEN {} THEN t.{}", number, sql_name(columns[number]));
    }
    return sql + " END END";
}

}  // namespace

void Catalogue::Names::take(std::string_view name) { names_.insert(lower(name)); }

bool Catalogue::Names::taken(std::string_view name) const { return names_.contains(lower(name)); }

StoreResult<Catalogue::Names> Catalogue::Names::in(Connection& connection) {
    auto objects = connection.prepare("SELECT name FROM sqlite_schema");
    if (!objects) return objects.error();
    Names names;
    for (;;) {
        auto const row = objects->step();
        if (!row) return row.error();
        if (!*row) return names;
        names.take(objects->text(0));
    }
}

std::string Catalogue::Names::free_one(std::string_view wanted) const {
    std::string name(wanted);
    for (int number = 2; taken(name); ++number) name = fmt::format("{}_{}", wanted, number);
    return name;
}

Catalogue::Names Catalogue::column_names() {
    Names names;
    for (auto const* key : {"stream", "ts", "id"}) names.take(key);
    return names;
}

std::string Catalogue::table_sql(std::string_view table, std::vector<std::string> const& columns) {
    // Columns have no type, so that a value stays what it is: 50, 50.0 or a text that looks like one.
    std::string sql =
        fmt::format("CREATE TABLE {} (stream INTEGER NOT NULL, ts INTEGER NOT NULL, id INTEGER NOT NULL",
                    sql_name(table));
    for (auto const& column : columns) sql += ", " + sql_name(column);
    return sql + ", PRIMARY KEY (stream, ts)) WITHOUT ROWID;";
}

std::string Catalogue::index_sql(std::string_view table) {
    // No topic has a slash within a level, so no base's table is called so.
    return fmt::format("CREATE UNIQUE INDEX {} ON {} (id);", sql_name(fmt::format("{}/id", table)),
                       sql_name(table));
}

StoreResult<Catalogue> Catalogue::load(Connection& connection) {
    Catalogue catalogue;
    auto names = Names::in(connection);
    if (!names) return names.error();
    catalogue.names_ = std::move(*names);
    catalogue.whole_view_is_old_ = !catalogue.names_.taken("samples");
    auto bases = connection.prepare("SELECT base, table_name, view_name FROM bases");
    if (!bases) return bases.error();
    for (;;) {
        auto const row = bases->step();
        if (!row) return row.error();
        if (!*row) break;
        Base base = catalogue.new_base({});
        base.table = bases->text(1);
        base.view = bases->text(2);
        base.view_is_old = !catalogue.names_.taken(base.view);
        catalogue.bases_.emplace(bases->text(0), std::move(base));
    }
    auto fields = connection.prepare("SELECT base, field, column_name FROM fields ORDER BY base, number");
    if (!fields) return fields.error();
    for (;;) {
        auto const row = fields->step();
        if (!row) return row.error();
        if (!*row) break;
        auto const base = catalogue.bases_.find(fields->text(0));
        if (base == catalogue.bases_.end()) continue;
        base->second.numbers.emplace(fields->text(1), base->second.columns.size());
        base->second.columns.emplace_back(fields->text(2));
        base->second.names.take(fields->text(2));
    }
    return catalogue;
}

/// An entry for a base without fields, its names free in the database.
Catalogue::Base Catalogue::new_base(std::string_view name) const {
    Base base;
    // Names that begin so are SQLite's own.
    bool const reserved = lower(name).starts_with("sqlite_");
    base.table = names_.free_one(reserved ? fmt::format("base_{}", name) : std::string(name));
    Names others = names_;
    others.take(base.table);
    base.view = others.free_one(base.table + "_samples");
    base.names = column_names();
    return base;
}

StoreResult<std::variant<Catalogue::Place, Refusal>> Catalogue::place(
    Connection& connection, std::string_view base, std::vector<bridge::Reading> const& readings) {
    std::string const name(base);
    auto const known = bases_.find(base);
    if (known == bases_.end() && bases_.size() == most_bases) {
        return Refusal{Reason::table_full, fmt::format("{} bases are the most", most_bases)};
    }
    Base entry = known == bases_.end() ? new_base(base) : known->second;
    std::vector<std::string> fields;
    std::vector<std::string> columns;
    for (auto const& reading : readings) {
        if (entry.numbers.contains(reading.name)) continue;
        if (entry.columns.size() == most_columns) {
            return Refusal{Reason::table_full, fmt::format("{} fields of a base are the most", most_columns)};
        }
        std::string const column = entry.names.free_one(reading.name);
        entry.names.take(column);
        entry.numbers.emplace(reading.name, entry.columns.size());
        entry.columns.push_back(column);
        fields.push_back(reading.name);
        columns.push_back(column);
    }
    if (!fields.empty()) {
        auto const made = make(connection, name, entry, {fields, columns, known == bases_.end()});
        if (!made) return made.error();
        entry.view_is_old = true;
        names_.take(entry.table);
        names_.take(entry.view);
        whole_view_is_old_ = whole_view_is_old_ || known == bases_.end();
        bases_.insert_or_assign(name, entry);
    }
    Place place{entry.table, {}};
    place.columns.reserve(readings.size());
    for (auto const& reading : readings) {
        place.columns.push_back(entry.columns[entry.numbers.find(reading.name)->second]);
    }
    return place;
}

/// All of it or nothing, as the transaction around it may go on without.
StoreResult<> Catalogue::make(Connection& connection, std::string const& name, Base const& base,
                              Additions const& additions) {
    auto const saved = connection.execute("SAVEPOINT place");
    if (!saved) return saved.error();
    auto made =
        additions.table ? make_table(connection, name, base) : make_columns(connection, base, additions);
    if (made) made = note_fields(connection, name, base, additions);
    if (made) return connection.execute("RELEASE place");
    // After some faults the whole transaction is gone already, and this with it.
    (void)connection.execute("ROLLBACK TO place; RELEASE place");
    return made.error();
}

StoreResult<> Catalogue::make_table(Connection& connection, std::string const& name, Base const& base) {
    return connection.execute(table_sql(base.table, base.columns) + index_sql(base.table) +
                              fmt::format("INSERT INTO bases VALUES ({}, {}, {})", sql_text(name),
                                          sql_text(base.table), sql_text(base.view)));
}

StoreResult<> Catalogue::make_columns(Connection& connection, Base const& base, Additions const& additions) {
    for (auto const& column : additions.columns) {
        auto added = connection.execute(
            fmt::format("ALTER TABLE {} ADD COLUMN {}", sql_name(base.table), sql_name(column)));
        if (!added) return added;
    }
    return {};
}

StoreResult<> Catalogue::note_fields(Connection& connection, std::string_view name, Base const& base,
                                     Additions const& additions) {
    auto insert =
        connection.prepare("INSERT INTO fields (base, field, number, column_name) VALUES (?, ?, ?, ?)");
    if (!insert) return insert.error();
    std::size_t const first_number = base.columns.size() - additions.columns.size();
    for (std::size_t i = 0; i < additions.fields.size(); ++i) {
        insert->bind(1, name);
        insert->bind(2, std::string_view(additions.fields[i]));
        insert->bind(3, static_cast<std::int64_t>(first_number + i));
        insert->bind(4, std::string_view(additions.columns[i]));
        auto done = insert->run();
        if (!done) return done;
    }
    return {};
}

StoreResult<> Catalogue::refresh_views(Connection& connection) {
    for (auto& [name, base] : bases_) {
        if (!base.view_is_old) continue;
        auto made = connection.execute(
            fmt::format("DROP VIEW IF EXISTS {};{}", sql_name(base.view), base_view(name, base)));
        if (!made) return made;
        base.view_is_old = false;
    }
    if (!whole_view_is_old_) return {};
    auto made = connection.execute("DROP VIEW IF EXISTS samples;" + whole_view());
    if (made) whole_view_is_old_ = false;
    return made;
}

/// Each row of each stream beside each field of the catalogue, where the row has that field. The order of the
/// loops is fixed, so that a condition on device and time finds its rows by the key. (One SELECT per field
/// would not do: SQLite puts at most 500 together.)
std::string Catalogue::base_view(std::string_view name, Base const& base) {
    return fmt::format(
        "CREATE VIEW {} AS SELECT ts, {} AS base, device, channel, field,"
        " CASE WHEN typeof(v) <> 'text' THEN v END AS value, CASE WHEN typeof(v) = 'text' THEN v END AS text"
        " FROM (SELECT t.ts AS ts, s.device AS device, s.channel AS channel, f.field AS field, {} AS v"
        " FROM streams AS s CROSS JOIN {} AS t CROSS JOIN fields AS f"
        " WHERE s.base = {} AND t.stream = s.id AND f.base = {}) WHERE v IS NOT NULL;",
        sql_name(base.view), sql_text(name), choice_of_column(base.columns), sql_name(base.table),
        sql_text(name), sql_text(name));
}

std::string Catalogue::whole_view() const {
    std::string selects;
    for (auto const& [name, base] : bases_) {
        selects += fmt::format("{}SELECT {} FROM {}", selects.empty() ? "" : " UNION ALL ", samples_columns,
                               sql_name(base.view));
    }
    if (selects.empty()) {
        selects =
            "SELECT NULL AS ts, NULL AS base, NULL AS device, NULL AS channel, NULL AS field,"
            " NULL AS value, NULL AS text WHERE 0";
    }
    return fmt::format("CREATE VIEW samples AS {};", selects);
}

}  // namespace sink
