// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_backup;

/// SQLite, as far as the sink needs it. An object belongs to one thread at a time.
namespace sink {

/// What a caller can do about it.
enum class Fault {
    full,         ///< no more room
    io,           ///< the disk or the memory failed
    busy,         ///< another program holds the database
    read_only,    ///< it may not be written
    interrupted,  ///< the deadline has passed
    damaged,      ///< not a database, or not a whole one
    foreign,      ///< another program's, or of a newer version: a person must act
    refused,      ///< this statement can never succeed
};
[[nodiscard]] std::string_view to_string(Fault fault);
constexpr std::size_t fault_kinds = 8;

struct StoreError {
    Fault fault = Fault::io;
    std::string detail;
};

template <class T = void>
using StoreResult = boost::system::result<T, StoreError>;

/// A prepared statement. Must not outlive its connection.
class Statement {
  public:
    Statement() = default;
    /// `met_damage` is set where a step meets damage.
    Statement(sqlite3_stmt* statement, bool& met_damage) : statement_(statement), met_damage_(&met_damage) {}

    /// Parameters count from 1. Texts are not copied: they must live until `reset` or the next `bind`.
    void bind(int parameter, std::int64_t number);
    void bind(int parameter, double number);
    void bind(int parameter, std::string_view text);
    void bind_blob(int parameter, std::string_view bytes);

    /// True: there is a row.
    [[nodiscard]] StoreResult<bool> step();
    /// Runs a statement that answers with no rows, and makes it ready for the next time.
    [[nodiscard]] StoreResult<> run();
    void reset();
    /// Bytes that it takes.
    [[nodiscard]] std::size_t memory() const;

    /// Columns of the row, from 0. Texts live until the next step.
    [[nodiscard]] int columns() const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] bool is_text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double number(int column) const;
    [[nodiscard]] std::string_view text(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    bool* met_damage_ = nullptr;
};

/// A copy is the same connection; it closes with the last of them.
class Connection {
  public:
    enum class Access { read_only, read_write };

    /// Opens, or with `read_write` creates, the file. Whether it is a database shows at the first statement.
    [[nodiscard]] static StoreResult<Connection> open(std::string const& path, Access access);

    /// One or more statements without parameters and answers.
    [[nodiscard]] StoreResult<> execute(std::string const& sql);
    [[nodiscard]] StoreResult<Statement> prepare(std::string const& sql);
    /// The one number that a question answers with.
    [[nodiscard]] StoreResult<std::int64_t> number(std::string const& sql);

    /// How many rows the last INSERT, UPDATE or DELETE has changed.
    [[nodiscard]] std::int64_t changed_rows() const;

    /// Between BEGIN and its end. Some faults of any statement, a question's included, end it: all that was
    /// written in it is gone then.
    [[nodiscard]] bool in_transaction() const;

    /// A statement of this connection has met damage in the file.
    [[nodiscard]] bool met_damage() const;

    /// Statements that take longer than this from now on end with `interrupted`. For questions only: what
    /// writes would lose its transaction.
    void set_deadline(std::chrono::milliseconds from_now);
    void clear_deadline();

  private:
    friend class DatabaseCopy;
    struct Impl;
    explicit Connection(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

/// Copies one database over another, in steps. Must not outlive their connections.
class DatabaseCopy {
  public:
    [[nodiscard]] static StoreResult<DatabaseCopy> begin(Connection& from, Connection& to);
    /// Copies so many pages. True: that was all.
    [[nodiscard]] StoreResult<bool> step(int pages);
    /// How far it is, 0 to 1.
    [[nodiscard]] double done() const;

  private:
    struct Finish {
        void operator()(sqlite3_backup* copy) const;
    };
    explicit DatabaseCopy(sqlite3_backup* copy, Connection& to) : copy_(copy), to_(to) {}
    std::unique_ptr<sqlite3_backup, Finish> copy_;
    Connection to_;
};

/// An SQL name (`"mains"`) and an SQL text (`'mains'`), whatever is in it. No NUL: the caller sees to that.
[[nodiscard]] std::string sql_name(std::string_view name);
[[nodiscard]] std::string sql_text(std::string_view text);

}  // namespace sink
