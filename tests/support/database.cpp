// SPDX-License-Identifier: MIT
#include "database.hpp"

#include <sqlite3.h>
#include <functional>
#include <memory>
#include <stdexcept>

namespace test {

namespace {

std::string column_text(sqlite3_stmt* statement, int column) {
    auto const* const text = sqlite3_column_text(statement, column);
    return text ? reinterpret_cast<char const*>(text) : "";
}

bool is_null(sqlite3_stmt* statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

/// False when the file, the table or a column is missing, or the question cannot be answered now.
bool for_each_row(std::filesystem::path const& file, std::string const& sql,
                  std::function<void(sqlite3_stmt*)> const& row, std::string& error) {
    sqlite3* opened = nullptr;
    int result = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    std::unique_ptr<sqlite3, decltype(&sqlite3_close)> const database(opened, sqlite3_close);
    sqlite3_stmt* prepared = nullptr;
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(opened, 5000);
        result = sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr);
    }
    std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> const statement(prepared, sqlite3_finalize);
    if (result == SQLITE_OK) {
        while ((result = sqlite3_step(prepared)) == SQLITE_ROW) row(prepared);
    }
    if (result != SQLITE_DONE) error = file.string() + ": " + sqlite3_errmsg(opened) + ": " + sql;
    return result == SQLITE_DONE;
}

}  // namespace

std::vector<StoredSample> Database::samples(std::string const& where) const {
    std::vector<StoredSample> all;
    std::string error;
    bool const answered = for_each_row(
        file_, "SELECT ts, base, device, channel, field, value, text FROM samples WHERE " + where,
        [&](sqlite3_stmt* row) {
            StoredSample sample{sqlite3_column_int64(row, 0),
                                column_text(row, 1),
                                column_text(row, 2),
                                column_text(row, 3),
                                column_text(row, 4),
                                {},
                                {}};
            if (!is_null(row, 5)) sample.value = sqlite3_column_double(row, 5);
            if (!is_null(row, 6)) sample.text = column_text(row, 6);
            all.push_back(std::move(sample));
        },
        error);
    if (!answered) throw std::runtime_error(error);
    return all;
}

std::optional<std::int64_t> Database::number(std::string const& sql) const {
    std::optional<std::int64_t> found;
    std::string error;
    bool const answered = for_each_row(
        file_, sql,
        [&](sqlite3_stmt* row) {
            if (!is_null(row, 0)) found = sqlite3_column_int64(row, 0);
        },
        error);
    return answered ? found : std::nullopt;
}

std::int64_t Database::count(std::string const& where) const {
    return number("SELECT count(*) FROM samples WHERE " + where).value_or(0);
}

std::vector<std::vector<std::string>> Database::rows(std::string const& sql) const {
    std::vector<std::vector<std::string>> all;
    std::string error;
    bool const answered = for_each_row(
        file_, sql,
        [&](sqlite3_stmt* row) {
            auto& columns = all.emplace_back();
            for (int i = 0; i < sqlite3_column_count(row); ++i) columns.push_back(column_text(row, i));
        },
        error);
    if (!answered) throw std::runtime_error(error);
    return all;
}

}  // namespace test
