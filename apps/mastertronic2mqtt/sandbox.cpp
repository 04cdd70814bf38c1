// SPDX-License-Identifier: MIT
#include "sandbox.hpp"

#include <bridge/text.hpp>

#include <sqlite3.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace mastertronic {

namespace {

using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::Result;

// 100,000 tests take some 5 million steps, and these a second or two on a small computer.
constexpr std::uint64_t most_steps = 50'000'000;
constexpr int steps_between_looks = 10'000;

constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::size_t header_size = 100;

std::uint32_t big_endian(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < count; ++i) {
        number = number << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
    }
    return number;
}

/// The database header, as far as it says how large the file must be (sqlite.org/fileformat2.html):
/// at 16 the page size (1: 65536), 18 and 19 the journal mode (2: write-ahead log), 24 and 92 counters that
/// are equal if the page count at 28 can be trusted.
Result<> check_header(Bytes file) {
    if (file.empty()) return Error{Errc::malformed, "the dump is empty"};
    std::string_view const start = bridge::as_text(file.first(std::min<std::size_t>(file.size(), 60)));
    if (!start.starts_with(magic.substr(0, std::min(magic.size(), start.size())))) {
        return Error{Errc::malformed, "no SQLite file, but " + bridge::quote(start, 40)};
    }
    if (file.size() < header_size) return Error{Errc::malformed, "the dump is cut inside its header"};
    std::uint32_t const size_field = big_endian(file, 16, 2);
    std::uint64_t const page_size = size_field == 1 ? 65536 : size_field;
    bool const is_power = (page_size & (page_size - 1)) == 0;
    if (page_size < 512 || !is_power) return Error{Errc::malformed, "the dump's page size cannot be"};
    bool const count_is_valid = big_endian(file, 24, 4) == big_endian(file, 92, 4);
    std::uint64_t const expected = count_is_valid ? big_endian(file, 28, 4) * page_size : 0;
    if (file.size() % page_size != 0 || file.size() < expected) {
        return Error{Errc::malformed, "the dump is cut: " + std::to_string(file.size()) + " bytes" +
                                          (expected > 0 ? " of " + std::to_string(expected) : "")};
    }
    return {};
}

Error to_error(int code, sqlite3* database) {
    if (code == SQLITE_INTERRUPT) return Error{Errc::out_of_range, "the dump takes too long to read"};
    return Error{Errc::malformed, std::string("SQLite: ") + sqlite3_errmsg(database)};
}

int count_steps(void* steps_left) {
    auto& left = *static_cast<std::uint64_t*>(steps_left);
    left -= std::min<std::uint64_t>(left, steps_between_looks);
    return left == 0 ? 1 : 0;
}

void restrict(sqlite3* database) {
    for (auto const& [option, value] :
         std::initializer_list<std::pair<int, int>>{{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                                    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                                    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                                    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                                    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                                    {SQLITE_DBCONFIG_DQS_DML, 0}}) {
        (void)sqlite3_db_config(database, option, value, nullptr);  // fails for unknown options only
    }
    for (auto const& [limit, value] :
         std::initializer_list<std::pair<int, int>>{{SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024},
                                                    {SQLITE_LIMIT_SQL_LENGTH, 100'000},
                                                    {SQLITE_LIMIT_COLUMN, 500},
                                                    {SQLITE_LIMIT_EXPR_DEPTH, 50},
                                                    {SQLITE_LIMIT_ATTACHED, 0},
                                                    {SQLITE_LIMIT_WORKER_THREADS, 0}}) {
        sqlite3_limit(database, limit, value);
    }
}

}  // namespace

void Question::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<bool> Question::next() {
    int const code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return to_error(code, sqlite3_db_handle(statement_.get()));
}

Question::Kind Question::kind(std::size_t column) const {
    switch (sqlite3_column_type(statement_.get(), static_cast<int>(column))) {
        case SQLITE_INTEGER:
            return Kind::integer;
        case SQLITE_FLOAT:
            return Kind::real;
        case SQLITE_TEXT:
            return Kind::text;
        case SQLITE_BLOB:
            return Kind::blob;
        default:
            return Kind::nothing;
    }
}

std::int64_t Question::integer(std::size_t column) const {
    return sqlite3_column_int64(statement_.get(), static_cast<int>(column));
}

double Question::real(std::size_t column) const {
    return sqlite3_column_double(statement_.get(), static_cast<int>(column));
}

std::string_view Question::text(std::size_t column) const {
    auto const* const bytes = sqlite3_column_text(statement_.get(), static_cast<int>(column));
    if (!bytes) return {};
    auto const size = sqlite3_column_bytes(statement_.get(), static_cast<int>(column));
    return {reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size)};
}

void Sandbox::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Sandbox::Sandbox(sqlite3* database, std::unique_ptr<std::uint64_t> steps_left)
    : steps_left_(std::move(steps_left)), database_(database) {}

Result<Sandbox> Sandbox::open(Bytes file) {
    auto const right = check_header(file);
    if (!right) return right.error();

    sqlite3* opened = nullptr;
    int code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE, nullptr);
    Sandbox sandbox(opened, std::make_unique<std::uint64_t>(most_steps));
    if (code != SQLITE_OK) return to_error(code, opened);
    restrict(opened);
    (void)sqlite3_drop_modules(opened, nullptr);  // virtual tables: what has no module is not opened
    sqlite3_progress_handler(opened, steps_between_looks, count_steps, sandbox.steps_left_.get());

    auto* const copy = static_cast<unsigned char*>(sqlite3_malloc64(file.size()));
    if (!copy) return Error{Errc::io, "no memory for the dump"};
    std::memcpy(copy, file.data(), file.size());
    // A database with a write-ahead log cannot be opened from memory. What stood in the log has not come with
    // the dump, so without it nothing is missed that is here.
    for (std::size_t const journal_mode : {18, 19}) copy[journal_mode] = 1;
    auto const size = static_cast<sqlite3_int64>(file.size());
    code = sqlite3_deserialize(opened, "main", copy, size, size,
                               SQLITE_DESERIALIZE_READONLY | SQLITE_DESERIALIZE_FREEONCLOSE);
    if (code != SQLITE_OK) return to_error(code, opened);

    // Rules of the foreign schema are its own programs: they are not run.
    for (char const* const pragma : {"PRAGMA ignore_check_constraints=ON", "PRAGMA cell_size_check=ON"}) {
        auto question = sandbox.ask(pragma);
        if (!question) return question.error();
        auto const done = question->next();
        if (!done) return done.error();
    }
    return sandbox;
}

Result<Question> Sandbox::ask(std::string const& sql) const {
    sqlite3_stmt* statement = nullptr;
    int const code = sqlite3_prepare_v2(database_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                        &statement, nullptr);
    if (code != SQLITE_OK) return to_error(code, database_.get());
    return Question(statement);
}

std::string sql_name(std::string_view name) {
    std::string out = "\"";
    for (char const c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

}  // namespace mastertronic
