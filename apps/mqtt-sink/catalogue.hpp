// SPDX-License-Identifier: MIT
#pragma once

#include "refusal.hpp"
#include "sqlite.hpp"

#include <bridge/sample.hpp>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace sink {

/// Which table and columns hold what, and the views over them. Names from topics and payloads may differ in
/// case only, or be taken, while SQLite's may not: so tables and columns have names of their own, mostly the
/// same, and the tables `bases` and `fields` say which. Made and used by `Store`, on its thread.
class Catalogue {
  public:
    static constexpr std::size_t most_bases = 200;
    static constexpr std::size_t most_columns = 1900;  ///< SQLite's own limit is 2,000

    /// Names as SQLite tells them apart: ASCII letters alike in both cases.
    class Names {
      public:
        void take(std::string_view name);
        [[nodiscard]] bool taken(std::string_view name) const;
        /// Those of a database's tables, views and indexes.
        [[nodiscard]] static StoreResult<Names> in(Connection& connection);
        /// The name itself, or where that is taken, with the first free number behind it.
        [[nodiscard]] std::string free_one(std::string_view wanted) const;

      private:
        std::unordered_set<std::string> names_;
    };

    /// The names that a base's table has for itself.
    [[nodiscard]] static Names column_names();
    /// The statement that makes a base's table, and the one that makes its index of numbers of arrival.
    [[nodiscard]] static std::string table_sql(std::string_view table,
                                               std::vector<std::string> const& columns);
    [[nodiscard]] static std::string index_sql(std::string_view table);

    [[nodiscard]] static StoreResult<Catalogue> load(Connection& connection);

    /// Where these readings of a base go.
    struct Place {
        std::string table;
        std::vector<std::string> columns;  ///< in the order of the readings
    };
    /// Makes the table and the columns that are missing. Inside a transaction; if that is rolled back, this
    /// object must be loaded again.
    [[nodiscard]] StoreResult<std::variant<Place, Refusal>> place(
        Connection& connection, std::string_view base, std::vector<bridge::Reading> const& readings);

    /// Brings the views up to date, inside the transaction that changed something. Makes those that are
    /// missing.
    [[nodiscard]] StoreResult<> refresh_views(Connection& connection);

  private:
    struct Base {
        std::string table;
        std::string view;
        bool view_is_old = false;
        std::vector<std::string> columns;                      ///< by the number of the field
        std::unordered_map<std::string, std::size_t> numbers;  ///< by field
        Names names;                                           ///< of columns
    };

    /// What a base gets anew; the columns are its last.
    struct Additions {
        std::vector<std::string> const& fields;
        std::vector<std::string> const& columns;
        bool table = false;
    };

    Base new_base(std::string_view name) const;
    static StoreResult<> make(Connection& connection, std::string const& name, Base const& base,
                              Additions const& additions);
    static StoreResult<> make_table(Connection& connection, std::string const& name, Base const& base);
    static StoreResult<> make_columns(Connection& connection, Base const& base, Additions const& additions);
    static StoreResult<> note_fields(Connection& connection, std::string_view name, Base const& base,
                                     Additions const& additions);
    [[nodiscard]] static std::string base_view(std::string_view name, Base const& base);
    [[nodiscard]] std::string whole_view() const;

    std::map<std::string, Base, std::less<>> bases_;
    Names names_;  ///< of tables, views and indexes
    bool whole_view_is_old_ = false;
};

}  // namespace sink
