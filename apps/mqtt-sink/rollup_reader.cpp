// SPDX-License-Identifier: MIT
#include "rollup_reader.hpp"

#include "rollup_levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace sink {

namespace {

/// With more rows than this behind the cursor, while the rollups are made for the first time or after a
/// flood, they are left alone: which minutes they are right for would take too long to find out.
constexpr std::int64_t most_rows_behind = 200'000;

struct Range {
    std::int64_t from;
    std::int64_t end;  ///< exclusive
    [[nodiscard]] bool empty() const { return from >= end; }
};

/// Puts what comes in order of time into pieces of equal width.
class Pieces {
  public:
    Pieces(std::int64_t first, std::int64_t width) : first_(first), width_(width), start_(first) {}

    Summary& at(std::int64_t time) {
        // The bucket of an edge may begin before the question does.
        std::int64_t const start = std::max(first_, first_ + floor_to(time - first_, width_));
        if (start != start_) next(start);
        return sum_;
    }
    std::vector<Bucket> finish() {
        next(start_);
        return std::move(done_);
    }

  private:
    void next(std::int64_t start) {
        if (sum_.count() > 0) done_.push_back({start_, sum_.mean(), sum_.least(), sum_.most()});
        sum_ = {};
        start_ = start;
    }

    std::int64_t first_;
    std::int64_t width_;
    std::int64_t start_;
    Summary sum_;
    std::vector<Bucket> done_;
};

/// One question about one series. The statements find only what is of this series.
class Series {
  public:
    Series(Connection& connection, Level level, Pieces pieces)
        : connection_(connection), level_(level), pieces_(std::move(pieces)) {}

    /// False: nothing is stored of it.
    StoreResult<bool> find(SeriesQuestion const& question) {
        auto names = connection_.prepare(
            "SELECT table_name, column_name, number FROM bases JOIN fields USING (base)"
            " WHERE base = ? AND field = ?");
        if (!names) return names.error();
        names->bind(1, std::string_view(question.base));
        names->bind(2, std::string_view(question.field));
        auto const known = names->step();
        if (!known) return known.error();
        if (!*known) return StoreError{Fault::refused, "no such field"};
        table_ = sql_name(names->text(0));
        column_ = sql_name(names->text(1));
        field_ = names->integer(2);
        auto streams =
            connection_.prepare("SELECT id FROM streams WHERE base = ? AND device = ? AND channel = ?");
        if (!streams) return streams.error();
        streams->bind(1, std::string_view(question.base));
        streams->bind(2, std::string_view(question.device));
        streams->bind(3, std::string_view(question.channel));
        auto const found = streams->step();
        if (!found) return found.error();
        if (*found) stream_ = streams->integer(0);
        return *found;
    }

    StoreResult<std::vector<Bucket>> read(std::string const& base, Range range) {
        auto done = prepare();
        if (done) done = find_kept(base);
        if (done) done = find_touched(range);
        if (done)
            done = read_kept(Level::hours, {std::numeric_limits<std::int64_t>::min(), minutes_from_}, range);
        if (done) done = read_kept(Level::minutes, {minutes_from_, raw_from_}, range);
        if (done) done = read_kept(Level::raw, {raw_from_, std::numeric_limits<std::int64_t>::max()}, range);
        if (!done) return done.error();
        return pieces_.finish();
    }

  private:
    StoreResult<> prepare() {
        std::vector<std::pair<Statement*, std::string>> wanted = {
            {&rows_, fmt::format("SELECT ts, {0} FROM {1} WHERE stream = ? AND ts >= ? AND ts < ?"
                                 " AND {0} IS NOT NULL ORDER BY ts",
                                 column_, table_)},
            {&dense_hours_,
             "SELECT start FROM dense_hours WHERE stream = ? AND start >= ? AND start < ? ORDER BY start"}};
        for (auto const level : {Level::minutes, Level::hours, Level::days}) {
            wanted.emplace_back(
                &rollups_[static_cast<std::size_t>(level)],
                fmt::format("SELECT start, n, mean, ifnull(min, mean), ifnull(max, mean) FROM {}"
                            " WHERE stream = ? AND start >= ? AND start < ? AND field = {} ORDER BY start",
                            table_of(level), field_));
        }
        for (auto const& [statement, sql] : wanted) {
            auto prepared = connection_.prepare(sql);
            if (!prepared) return prepared.error();
            *statement = std::move(*prepared);
        }
        return {};
    }

    /// What is deleted, see `Retention`.
    StoreResult<> find_kept(std::string const& base) {
        auto kept = connection_.prepare("SELECT rows_from, minutes_from FROM kept WHERE base = ?");
        if (!kept) return kept.error();
        kept->bind(1, std::string_view(base));
        auto const found = kept->step();
        if (!found) return found.error();
        if (!*found) return {};
        raw_from_ = kept->integer(0);
        minutes_from_ = kept->integer(1);
        return {};
    }

    /// The minutes within `range` of rows that the rollups do not have yet.
    StoreResult<> find_touched(Range range) {
        if (level_ == Level::raw && range.from >= raw_from_) return {};
        auto const cursor = connection_.number("SELECT rolled FROM upkeep");
        if (!cursor) return cursor.error();
        auto const last = connection_.number(fmt::format("SELECT max(id) FROM {}", table_));
        if (!last) return last.error();
        if (*last - *cursor > most_rows_behind) {
            level_ = Level::raw;
            return {};
        }
        // By the index over numbers of arrival alone, which has stream and time too.
        auto rows = connection_.prepare(
            fmt::format("SELECT ts FROM {} WHERE id > ? AND +stream = ? AND +ts >= ? AND +ts < ?", table_));
        if (!rows) return rows.error();
        rows->bind(1, *cursor);
        bind(*rows, range, 2);
        for (;;) {
            auto const row = rows->step();
            if (!row) return row.error();
            if (!*row) break;
            auto const minute = floor_to(rows->integer(0), minute_ms);
            if (touched_.empty() || touched_.back() != minute) touched_.push_back(minute);
        }
        std::ranges::sort(touched_);
        touched_.erase(std::ranges::unique(touched_).begin(), touched_.end());
        return {};
    }

    /// The part of the question in which `finest` is the finest that is kept.
    StoreResult<> read_kept(Level finest, Range kept, Range asked) {
        Range const part{std::max(kept.from, asked.from), std::min(kept.end, asked.end)};
        if (part.empty()) return {};
        auto const width = width_of(finest);
        return read(std::max(level_, finest), {floor_to(part.from, width), ceil_to(part.end, width)});
    }

    /// From this level, and from finer ones what is not of whole buckets.
    StoreResult<> read(Level level, Range range) {
        if (range.empty()) return {};
        if (level == Level::raw) return read_raw(range);
        auto const width = width_of(level);
        Range const whole{ceil_to(range.from, width), floor_to(range.end, width)};
        if (whole.empty()) return read(finer(level), range);
        auto done = read(finer(level), {range.from, whole.from});
        if (done) done = read_level(level, whole);
        if (done) done = read(finer(level), {whole.end, range.end});
        return done;
    }

    /// What the rollups have right, and the touched buckets from finer ones.
    StoreResult<> read_level(Level level, Range whole) {
        auto const width = width_of(level);
        auto at = whole.from;
        for (auto minute = std::ranges::lower_bound(touched_, whole.from);
             minute != touched_.end() && *minute < whole.end; ++minute) {
            auto const bucket = floor_to(*minute, width);
            if (bucket < at) continue;
            auto done = read_settled(level, {at, bucket});
            if (done) done = read(finer(level), {bucket, bucket + width});
            if (!done) return done;
            at = bucket + width;
        }
        return read_settled(level, {at, whole.end});
    }

    StoreResult<> read_settled(Level level, Range range) {
        if (range.empty()) return {};
        return level == Level::minutes ? read_minutes(range) : read_rollups(level, range);
    }

    /// An hour that is not dense has raw rows only.
    StoreResult<> read_minutes(Range range) {
        std::vector<Range> dense;
        bind(dense_hours_, {floor_to(range.from, hour_ms), range.end});
        for (;;) {
            auto const row = dense_hours_.step();
            if (!row) return row.error();
            if (!*row) break;
            auto const hour = dense_hours_.integer(0);
            if (dense.empty() || dense.back().end != hour) dense.push_back({hour, hour});
            dense.back().end = hour + hour_ms;
        }
        auto at = range.from;
        for (auto const& hours : dense) {
            Range const within{std::max(hours.from, range.from), std::min(hours.end, range.end)};
            auto done = read_raw({at, within.from});
            if (done) done = read_rollups(Level::minutes, within);
            if (!done) return done;
            at = within.end;
        }
        return read_raw({at, range.end});
    }

    StoreResult<> read_rollups(Level level, Range range) {
        auto& rows = rollups_[static_cast<std::size_t>(level)];
        bind(rows, range);
        for (;;) {
            auto const row = rows.step();
            if (!row) return row.error();
            if (!*row) return {};
            pieces_.at(rows.integer(0)).add(rows.integer(1), rows.number(2), rows.number(3), rows.number(4));
        }
    }

    StoreResult<> read_raw(Range range) {
        if (range.empty()) return {};
        bind(rows_, range);
        for (;;) {
            auto const row = rows_.step();
            if (!row) return row.error();
            if (!*row) return {};
            if (!rows_.is_text(1)) pieces_.at(rows_.integer(0)).add(rows_.number(1));
        }
    }

    void bind(Statement& statement, Range range, int first = 1) const {
        statement.reset();
        statement.bind(first, stream_);
        statement.bind(first + 1, range.from);
        statement.bind(first + 2, range.end);
    }

    Connection& connection_;
    Level level_;
    Pieces pieces_;
    std::string table_;
    std::string column_;
    std::int64_t field_ = 0;
    std::int64_t stream_ = 0;
    std::int64_t raw_from_ = std::numeric_limits<std::int64_t>::min();
    std::int64_t minutes_from_ = std::numeric_limits<std::int64_t>::min();
    std::vector<std::int64_t> touched_;  ///< minutes, in order
    Statement rows_;
    Statement dense_hours_;
    std::array<Statement, 4> rollups_;  ///< by level
};

}  // namespace

StoreResult<std::vector<Bucket>> read_buckets(Connection& connection, SeriesQuestion const& question,
                                              std::int64_t width) {
    Level const level = level_for(width);
    Pieces pieces(floor_to(question.from, width_of(level)), ceil_to(width, width_of(level)));
    Series series(connection, level, std::move(pieces));
    auto const found = series.find(question);
    if (!found) return found.error();
    if (!*found) return std::vector<Bucket>();
    return series.read(question.base, {question.from, question.to + 1});
}

}  // namespace sink
