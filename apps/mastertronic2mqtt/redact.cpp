// SPDX-License-Identifier: MIT
#include "redact.hpp"

#include "dump.hpp"
#include "record_time.hpp"
#include "sandbox.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mastertronic {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

using Kind = Question::Kind;

/// What a column holds.
enum class Content { number, time, parameter };

struct Column {
    std::size_t position;
    std::string_view name;
    Content content;
};

/// The columns that have a role, under names that `recognise` takes for the same.
std::vector<Column> columns_of(Roles const& roles) {
    std::vector<Column> columns = {{roles.time, "record_time", Content::time},
                                   {roles.parameter, "parameter", Content::parameter},
                                   {roles.value, "value", Content::number}};
    if (roles.baselined) columns.push_back({*roles.baselined, "baselined_value", Content::number});
    if (roles.factor) columns.push_back({*roles.factor, "multiply_factor", Content::number});
    if (roles.hidden) columns.push_back({*roles.hidden, "is_hidden", Content::number});
    return columns;
}

struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A database in memory of our own making.
class Copy {
  public:
    [[nodiscard]] static Result<Copy> open() {
        sqlite3* opened = nullptr;
        int const code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE, nullptr);
        Copy copy(opened);
        if (code != SQLITE_OK) return copy.trouble();
        return copy;
    }

    [[nodiscard]] Result<> run(std::string const& sql) {
        if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            return trouble();
        return {};
    }

    /// Rows of `from` into a table that is there.
    [[nodiscard]] Result<> fill(std::string const& table, std::vector<Column> const& columns,
                                Question& from) {
        std::string places = "?";
        for (std::size_t i = 1; i < columns.size(); ++i) places += ",?";
        sqlite3_stmt* prepared = nullptr;
        auto const sql = "INSERT INTO " + table + " VALUES (" + places + ")";
        if (sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
            return trouble();
        std::unique_ptr<sqlite3_stmt, Finalize> const insert(prepared);
        for (;;) {
            auto const row = from.next();
            if (!row) return row.error();
            if (!*row) return {};
            for (std::size_t i = 0; i < columns.size(); ++i) bind(prepared, i, columns[i].content, from);
            if (sqlite3_step(prepared) != SQLITE_DONE) return trouble();
            sqlite3_reset(prepared);
        }
    }

    [[nodiscard]] Result<std::string> bytes() const {
        sqlite3_int64 size = 0;
        std::unique_ptr<unsigned char, decltype(&sqlite3_free)> const image(
            sqlite3_serialize(database_.get(), "main", &size, 0), &sqlite3_free);
        if (!image) return Error{Errc::io, "no memory for the dump"};
        return std::string(reinterpret_cast<char const*>(image.get()), static_cast<std::size_t>(size));
    }

  private:
    explicit Copy(sqlite3* database) : database_(database) {}

    [[nodiscard]] Error trouble() const {
        return Error{Errc::io, std::string("SQLite: ") + sqlite3_errmsg(database_.get())};
    }

    static void bind(sqlite3_stmt* insert, std::size_t column, Content content, Question const& row) {
        int const place = static_cast<int>(column) + 1;
        switch (row.kind(column)) {
            case Kind::integer:
                (void)sqlite3_bind_int64(insert, place, row.integer(column));
                return;
            case Kind::real:
                (void)sqlite3_bind_double(insert, place, row.real(column));
                return;
            case Kind::text: {
                auto const text = row.text(column);
                bool const known = content == Content::parameter ? find_parameter(text) != nullptr
                                   : content == Content::time    ? read_time(text, latest).has_value()
                                                                 : false;
                auto const shown = known ? text : std::string_view("x");
                (void)sqlite3_bind_text(insert, place, shown.data(), static_cast<int>(shown.size()),
                                        SQLITE_TRANSIENT);
                return;
            }
            case Kind::nothing:
            case Kind::blob:
                (void)sqlite3_bind_null(insert, place);
        }
    }

    /// Whether a text is a time has nothing to do with now.
    static constexpr bridge::Timestamp latest = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

    std::unique_ptr<sqlite3, Close> database_;
};

Result<> copy_table(Sandbox const& from, FoundTable const& table, std::string const& name, Copy& copy) {
    auto const columns = columns_of(*table.roles);
    std::string asked;
    std::string declared;
    for (auto const& column : columns) {
        asked += (asked.empty() ? "" : ",") + sql_name(table.columns[column.position]);
        declared += (declared.empty() ? "" : ",") + std::string(column.name);
    }
    auto const made = copy.run("CREATE TABLE " + name + " (" + declared + ")");
    if (!made) return made.error();
    auto rows = from.ask("SELECT " + asked + " FROM " + sql_name(table.name) + " NOT INDEXED");
    if (!rows) return rows.error();
    return copy.fill(name, columns, *rows);
}

}  // namespace

Result<std::string> redact(bridge::Bytes bytes) {
    auto const dump = read_dump(bytes, bridge::Timestamp(std::chrono::milliseconds(0)));
    if (!dump) return dump.error();
    auto const understood = dump->understood();
    if (!understood) return understood.error();
    auto const from = Sandbox::open(bytes);
    if (!from) return from.error();
    auto copy = Copy::open();
    if (!copy) return copy.error();
    auto const begun = copy->run("BEGIN");
    if (!begun) return begun.error();
    std::size_t number = 0;
    for (auto const& table : dump->tables) {
        if (!table.roles) continue;
        auto const copied = copy_table(*from, table, "results_" + std::to_string(++number), *copy);
        if (!copied) return copied.error();
    }
    auto const done = copy->run("COMMIT");
    if (!done) return done.error();
    return copy->bytes();
}

}  // namespace mastertronic
