// SPDX-License-Identifier: MIT
#pragma once

#include "rollup_levels.hpp"
#include "sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sink {

/// Keeps the rollups: of every field with numbers, for minutes, hours and days of UTC, how many, their mean,
/// least and most.
///
///     rollup_1m, rollup_1h, rollup_1d (stream, field, start, n, mean, min, max)
///                              field = fields.number; min and max are NULL where n is 1
///     dense_hours (stream, start)   the hours whose minutes are in rollup_1m
///     upkeep (one, rolled, clock)   `rolled`: the number of arrival up to which all rows are in
///
/// An hour of a stream with few rows has no minutes of its own, as they would take more room than the rows;
/// its raw rows stand for them.
///
/// The work is done in rounds: the rows that arrived since the last one say which minutes have changed. These
/// are computed anew from the raw rows, wholly; hours from their minutes, days from their hours. So it does
/// not matter in which order rows come, how often, or whether they are corrected. The cursor goes on when a
/// round is done, so one that was broken off is done again.
///
/// Within transactions of the caller, on its thread. After a rollback: `reset`.
class Rollups {
  public:
    /// Up to here, an hour has no minutes of its own: then a row takes no more room than its share of them.
    static constexpr std::int64_t most_rows_of_sparse_hour = 240;
    static constexpr std::int64_t most_numbers_of_round = 50'000;

    /// How many numbers of arrival are behind the cursor.
    [[nodiscard]] static StoreResult<std::int64_t> waiting(Connection& connection);

    /// Within a round.
    [[nodiscard]] bool busy() const { return stage_ != Stage::idle; }
    /// A small piece of a round, of at most some hundred rows read and some hundred buckets written; begins
    /// one if there is none.
    [[nodiscard]] StoreResult<> unit(Connection& connection);
    void reset();

  private:
    enum class Stage { idle, collect, hour, spans, hour_from_minutes, day_from_hours };

    struct Base {
        std::string table;
        std::size_t columns = 0;
        Statement arrived, rows, count;
    };
    /// A minute or a sparse hour, to be computed from raw rows.
    struct Span {
        Level level;
        std::int64_t start;
        std::int64_t next;  ///< what is before this has been read
        [[nodiscard]] std::int64_t end() const { return start + width_of(level); }
    };
    /// What is computed now.
    struct Work {
        Base* base = nullptr;
        std::int64_t stream = 0;
        std::int64_t hour = 0;
        bool dense = false;
        bool becomes_dense = false;
        std::deque<Span> spans;
        std::set<std::int64_t> fields_of_hour;
        std::set<std::int64_t> fields_of_day;
    };
    struct Sum {
        Summary summary;
        bool has_text = false;
    };

    StoreResult<> begin_round(Connection& connection);
    StoreResult<> collect();
    StoreResult<> begin_hour();
    StoreResult<> read_span();
    StoreResult<> write_span(Span const& span);
    StoreResult<> end_spans();
    StoreResult<> condense(Level level, std::int64_t start, std::set<std::int64_t>& fields);
    StoreResult<> end_hour();
    StoreResult<> end_round();
    StoreResult<bool> is_dense();
    StoreResult<> write(Level level, std::int64_t field, std::int64_t start, Summary const& summary);
    StoreResult<> remove(Level level, std::int64_t field, std::int64_t start);

    Stage stage_ = Stage::idle;
    std::int64_t cursor_ = 0;
    std::int64_t round_end_ = 0;

    std::vector<Base> bases_;
    std::size_t collecting_ = 0;  ///< this base
    std::int64_t collected_ = 0;  ///< of it, up to this number
    using Minutes = std::set<std::int64_t>;
    /// By base, stream and hour.
    std::map<std::pair<std::pair<std::size_t, std::int64_t>, std::int64_t>, Minutes> touched_;
    Work work_;
    std::vector<Sum> sums_;  ///< of the first span, by field

    struct Buckets {
        Statement write, remove, read;
    };
    std::map<Level, Buckets> buckets_;
    Statement dense_, make_dense_, advance_;
};

}  // namespace sink
