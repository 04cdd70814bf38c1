// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mastertronic {

/// One question to a database and its rows. Must not outlive its sandbox.
class Question {
  public:
    enum class Kind { nothing, integer, real, text, blob };

    explicit Question(sqlite3_stmt* statement) : statement_(statement) {}

    /// True: there is a row.
    [[nodiscard]] bridge::Result<bool> next();

    /// Columns of the row, from 0, as they are stored. Texts are UTF-8 and live until the next row.
    [[nodiscard]] Kind kind(std::size_t column) const;
    [[nodiscard]] std::int64_t integer(std::size_t column) const;
    [[nodiscard]] double real(std::size_t column) const;
    [[nodiscard]] std::string_view text(std::size_t column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A foreign SQLite database, read without trusting a byte of it: a copy in memory that cannot be written, no
/// other file, no view, trigger, extension or virtual table, limited sizes, and a limited number of steps for
/// all questions together. One thread at a time.
class Sandbox {
  public:
    /// Errors: malformed (no SQLite file, or a cut one).
    [[nodiscard]] static bridge::Result<Sandbox> open(bridge::Bytes file);

    /// Errors: malformed (the database is damaged), out_of_range (too many steps).
    [[nodiscard]] bridge::Result<Question> ask(std::string const& sql) const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    Sandbox(sqlite3* database, std::unique_ptr<std::uint64_t> steps_left);

    std::unique_ptr<std::uint64_t> steps_left_;  ///< outlives the connection, which counts it down
    std::unique_ptr<sqlite3, Close> database_;
};

/// A name as SQL has it, whatever is in it: `"order"`.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace mastertronic
