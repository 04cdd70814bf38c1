// SPDX-License-Identifier: MIT
#pragma once

#include "keep.hpp"
#include "sqlite.hpp"

#include <bridge/sample.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// Deletes what is older than it has to be kept: raw rows, and the rollups of minutes. Those of hours and
/// days stay, and of each channel its newest row.
///
///     kept (base, rows_from, minutes_from, arrival)   rows and minutes before these times, whole days of
///     UTC,
///                                   are deleted, or will be when all is past the number of arrival
///
/// First the limit goes on, and from then on nothing older is taken any more (`too_old`); then the rows
/// behind it go, once the rollups and every output are past what had arrived by then. Rows of an hour without
/// minutes of its own (see `Rollups`) go with the minutes. For an output that is not past them they wait
/// until they are twice as old as they have to be, and then go without it, counted.
///
/// Within transactions of the caller, on its thread.
class Retention {
  public:
    struct Rules {
        Keep rows;
        Keep minutes;                      ///< nowhere shorter than `rows`
        std::vector<std::string> outputs;  ///< names of those that are to have everything
    };
    /// What was deleted since it was asked last.
    struct Deleted {
        std::uint64_t rows = 0;
        std::uint64_t rows_not_given = 0;  ///< of these, that an output did not have
        std::uint64_t minutes = 0;
    };

    explicit Retention(Rules rules) : rules_(std::move(rules)) {}

    /// Reads what is deleted already; also after a rollback, and before anything else.
    [[nodiscard]] StoreResult<> load(Connection& connection);
    [[nodiscard]] bool too_old(std::string_view base, bridge::Timestamp time) const;

    /// Moves the limits to what follows from `now`, and looks for what can be deleted.
    [[nodiscard]] StoreResult<> begin(Connection& connection, bridge::Timestamp now);
    [[nodiscard]] bool has_rules() const { return !rules_.rows.is_all(); }
    [[nodiscard]] bool busy() const { return !streams_.empty() || shrinking_; }
    /// A small piece of what `begin` found: some hundred rows at most.
    [[nodiscard]] StoreResult<> unit(Connection& connection);
    [[nodiscard]] Deleted take_deleted() { return std::exchange(deleted_, {}); }

  private:
    struct Kept {
        std::int64_t rows_from = 0;
        std::int64_t minutes_from = 0;
        std::int64_t arrival = 0;
        bool settled = false;  ///< nothing is left to be deleted
    };
    /// What may be deleted of a stream now.
    struct Stream {
        std::int64_t id = 0;
        std::string table;
        std::int64_t fields = 0;
        std::int64_t rows_before = 0;
        std::int64_t minutes_before = 0;
        std::int64_t given = 0;   ///< the outputs have all up to this number of arrival
        std::int64_t at = 0;      ///< rows before this are seen to
        std::int64_t newest = 0;  ///< this row stays
        bool rows_done = false;
        std::int64_t field = 0;  ///< minutes of those before are seen to
    };

    StoreResult<> advance(Connection& connection, std::string const& base, bridge::Timestamp now);
    StoreResult<> add_streams(Connection& connection, std::string const& base, bridge::Timestamp now);
    StoreResult<std::int64_t> given(Connection& connection) const;
    StoreResult<> delete_rows(Connection& connection, Stream& stream);
    StoreResult<> delete_some(Connection& connection, Stream& stream, std::int64_t end);
    StoreResult<> delete_minutes(Connection& connection, Stream& stream);
    StoreResult<> shrink(Connection& connection);

    Rules rules_;
    std::map<std::string, Kept, std::less<>> kept_;
    std::deque<Stream> streams_;
    bool shrinking_ = false;
    Deleted deleted_;
};

}  // namespace sink
