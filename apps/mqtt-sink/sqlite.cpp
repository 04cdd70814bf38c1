// SPDX-License-Identifier: MIT
#include "sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <utility>

namespace sink {

namespace {

constexpr std::chrono::milliseconds busy_patience{1000};
constexpr int operations_between_looks_at_the_clock = 20'000;

Fault fault_of(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return Fault::full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Fault::busy;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return Fault::read_only;
        case SQLITE_INTERRUPT:
            return Fault::interrupted;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Fault::damaged;
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
            return Fault::io;
        default:
            return Fault::refused;
    }
}

StoreError error_of(sqlite3* database, int code) {
    // The connection's own text belongs to its last call, so both are taken at once.
    return StoreError{fault_of(code),
                      fmt::format("{} ({})", sqlite3_errmsg(database), sqlite3_extended_errcode(database))};
}

std::string doubled(std::string_view text, char quote) {
    std::string out(1, quote);
    for (char const c : text) {
        if (c == quote) out += c;
        out += c;
    }
    return out += quote;
}

}  // namespace

std::string_view to_string(Fault fault) {
    constexpr std::array<std::string_view, fault_kinds> words = {
        "full", "io", "busy", "read_only", "interrupted", "damaged", "foreign", "refused"};
    return words[static_cast<std::size_t>(fault)];
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int parameter, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), parameter, number);
}
void Statement::bind(int parameter, double number) {
    sqlite3_bind_double(statement_.get(), parameter, number);
}
void Statement::bind(int parameter, std::string_view text) {
    // A view of nothing has no address, and SQLite would take that for NULL.
    sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_blob(int parameter, std::string_view bytes) {
    sqlite3_bind_blob64(statement_.get(), parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                        SQLITE_STATIC);
}

StoreResult<bool> Statement::step() {
    int const code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto error = error_of(sqlite3_db_handle(statement_.get()), code);
    if (error.fault == Fault::damaged) *met_damage_ = true;
    sqlite3_reset(statement_.get());
    return error;
}

StoreResult<> Statement::run() {
    auto const stepped = step();
    sqlite3_reset(statement_.get());
    if (!stepped) return stepped.error();
    return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::size_t Statement::memory() const {
    return static_cast<std::size_t>(sqlite3_stmt_status(statement_.get(), SQLITE_STMTSTATUS_MEMUSED, 0));
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
bool Statement::is_integer(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}
bool Statement::is_text(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT;
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::number(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string_view Statement::text(int column) const {
    auto const* bytes = sqlite3_column_blob(statement_.get(), column);
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return {static_cast<char const*>(bytes), bytes == nullptr ? 0 : size};
}

struct Connection::Impl {
    struct Close {
        void operator()(sqlite3* open) const { sqlite3_close_v2(open); }
    };
    std::unique_ptr<sqlite3, Close> database;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    bool met_damage = false;

    static int past_deadline(void* self) {
        auto const& deadline = static_cast<Impl const*>(self)->deadline;
        return deadline && std::chrono::steady_clock::now() > *deadline ? 1 : 0;
    }
};

Connection::Connection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

StoreResult<Connection> Connection::open(std::string const& path, Access access) {
    int const flags =
        access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* opened = nullptr;
    int const code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    auto impl = std::make_shared<Impl>();
    impl->database.reset(opened);
    if (opened == nullptr) return StoreError{Fault::io, "no memory"};
    if (code != SQLITE_OK) return error_of(opened, code);
    sqlite3_busy_timeout(opened, static_cast<int>(busy_patience.count()));
    sqlite3_progress_handler(opened, operations_between_looks_at_the_clock, &Impl::past_deadline, impl.get());
    return Connection(std::move(impl));
}

StoreResult<> Connection::execute(std::string const& sql) {
    int const code = sqlite3_exec(impl_->database.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(impl_->database.get(), code);
    return {};
}

StoreResult<Statement> Connection::prepare(std::string const& sql) {
    sqlite3_stmt* prepared = nullptr;
    int const code = sqlite3_prepare_v3(impl_->database.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                        &prepared, nullptr);
    if (code != SQLITE_OK) {
        auto error = error_of(impl_->database.get(), code);
        if (error.fault == Fault::damaged) impl_->met_damage = true;
        return error;
    }
    return Statement(prepared, impl_->met_damage);
}

StoreResult<std::int64_t> Connection::number(std::string const& sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    auto const row = statement->step();
    if (!row) return row.error();
    return *row ? statement->integer(0) : 0;
}

std::int64_t Connection::changed_rows() const { return sqlite3_changes64(impl_->database.get()); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(impl_->database.get()) == 0; }

bool Connection::met_damage() const { return impl_->met_damage; }

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    impl_->deadline = std::chrono::steady_clock::now() + from_now;
}

void Connection::clear_deadline() { impl_->deadline.reset(); }

void DatabaseCopy::Finish::operator()(sqlite3_backup* copy) const { sqlite3_backup_finish(copy); }

StoreResult<DatabaseCopy> DatabaseCopy::begin(Connection& from, Connection& to) {
    auto* const to_database = to.impl_->database.get();
    auto* const copy = sqlite3_backup_init(to_database, "main", from.impl_->database.get(), "main");
    if (copy == nullptr) return error_of(to_database, sqlite3_errcode(to_database));
    return DatabaseCopy(copy, to);
}

StoreResult<bool> DatabaseCopy::step(int pages) {
    int const code = sqlite3_backup_step(copy_.get(), pages);
    if (code == SQLITE_OK) return false;
    if (code == SQLITE_DONE) {
        // Only this ends the transaction of the copy.
        int const ended = sqlite3_backup_finish(copy_.release());
        if (ended == SQLITE_OK) return true;
        return error_of(to_.impl_->database.get(), ended);
    }
    return StoreError{fault_of(code), sqlite3_errstr(code)};
}

double DatabaseCopy::done() const {
    if (!copy_) return 1;
    int const all = sqlite3_backup_pagecount(copy_.get());
    return all == 0 ? 0 : 1 - static_cast<double>(sqlite3_backup_remaining(copy_.get())) / all;
}

std::string sql_name(std::string_view name) { return doubled(name, '"'); }
std::string sql_text(std::string_view text) { return doubled(text, '\''); }

}  // namespace sink
