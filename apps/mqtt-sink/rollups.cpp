// SPDX-License-Identifier: MIT
#include "rollups.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sink {

namespace {

// What one unit does at most; each is some milliseconds on a slow machine.
constexpr std::int64_t numbers_at_once = 2000;
constexpr std::int64_t rows_at_once = 256;
constexpr std::size_t fields_at_once = 64;

StoreResult<> prepare(Connection& connection, Statement& statement, std::string const& sql) {
    auto prepared = connection.prepare(sql);
    if (!prepared) return prepared.error();
    statement = std::move(*prepared);
    return {};
}

}  // namespace

StoreResult<std::int64_t> Rollups::waiting(Connection& connection) {
    auto bases = connection.prepare("SELECT table_name FROM bases");
    if (!bases) return bases.error();
    std::int64_t last = 0;
    for (;;) {
        auto const row = bases->step();
        if (!row) return row.error();
        if (!*row) break;
        auto const last_here =
            connection.number(fmt::format("SELECT max(id) FROM {}", sql_name(bases->text(0))));
        if (!last_here) return last_here.error();
        last = std::max(last, *last_here);
    }
    auto const cursor = connection.number("SELECT rolled FROM upkeep");
    if (!cursor) return cursor.error();
    return std::max<std::int64_t>(last - *cursor, 0);
}

void Rollups::reset() {
    stage_ = Stage::idle;
    bases_.clear();
    touched_.clear();
    work_ = {};
}

StoreResult<> Rollups::unit(Connection& connection) {
    switch (stage_) {
        case Stage::idle:
            return begin_round(connection);
        case Stage::collect:
            return collect();
        case Stage::hour:
            return touched_.empty() ? end_round() : begin_hour();
        case Stage::spans:
            return work_.spans.empty() ? end_spans() : read_span();
        case Stage::hour_from_minutes:
            if (work_.fields_of_hour.empty()) return end_hour();
            return condense(Level::hours, work_.hour, work_.fields_of_hour);
        case Stage::day_from_hours:
            if (work_.fields_of_day.empty()) {
                stage_ = Stage::hour;
                return {};
            }
            return condense(Level::days, floor_to(work_.hour, day_ms), work_.fields_of_day);
    }
    return {};
}

/// Tables and columns that come later have rows behind the end of this round only.
StoreResult<> Rollups::begin_round(Connection& connection) {
    reset();
    auto const cursor = connection.number("SELECT rolled FROM upkeep");
    if (!cursor) return cursor.error();
    auto const rows_waiting = waiting(connection);
    if (!rows_waiting) return rows_waiting.error();
    cursor_ = *cursor;
    round_end_ = cursor_ + std::min(*rows_waiting, most_numbers_of_round);

    auto names = connection.prepare(
        "SELECT table_name, column_name FROM bases JOIN fields USING (base) ORDER BY base, number");
    if (!names) return names.error();
    std::vector<std::string> columns;
    for (;;) {
        auto const row = names->step();
        if (!row) return row.error();
        if (!*row) break;
        if (bases_.empty() || bases_.back().table != names->text(0)) {
            bases_.push_back({std::string(names->text(0)), 0, {}, {}, {}});
            columns.emplace_back();
        }
        ++bases_.back().columns;
        columns.back() += ", " + sql_name(names->text(1));
    }
    StoreResult<> done;
    for (std::size_t i = 0; i < bases_.size() && done; ++i) {
        auto& base = bases_[i];
        std::string const table = sql_name(base.table);
        std::string const of_stream = "WHERE stream = ? AND ts >= ? AND ts < ?";
        done = prepare(connection, base.arrived,
                       fmt::format("SELECT stream, ts FROM {} WHERE id > ? AND id <= ?", table));
        if (done) {
            done = prepare(connection, base.rows,
                           fmt::format("SELECT ts{} FROM {} {} ORDER BY ts LIMIT {}", columns[i], table,
                                       of_stream, rows_at_once));
        }
        if (done) {
            done = prepare(connection, base.count,
                           fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} {} LIMIT {})", table,
                                       of_stream, most_rows_of_sparse_hour + 1));
        }
    }
    for (auto const level : {Level::minutes, Level::hours, Level::days}) {
        auto& buckets = buckets_[level];
        std::string const table = table_of(level);
        if (done) {
            done = prepare(connection, buckets.write,
                           "INSERT OR REPLACE INTO " + table +
                               " VALUES (?1, ?2, ?3, ?4, ?5, iif(?4 > 1, ?6, NULL), iif(?4 > 1, ?7, NULL))");
        }
        if (done) {
            done = prepare(connection, buckets.remove,
                           "DELETE FROM " + table + " WHERE stream = ? AND field = ? AND start = ?");
        }
        if (done) {
            done = prepare(connection, buckets.read,
                           "SELECT n, mean, ifnull(min, mean), ifnull(max, mean) FROM " + table +
                               " WHERE stream = ? AND field = ? AND start >= ? AND start < ? ORDER BY start");
        }
    }
    if (done) done = prepare(connection, dense_, "SELECT 1 FROM dense_hours WHERE stream = ? AND start = ?");
    if (done) done = prepare(connection, make_dense_, "INSERT INTO dense_hours VALUES (?, ?)");
    if (done) done = prepare(connection, advance_, "UPDATE upkeep SET rolled = ?");
    if (!done) {
        reset();
        return done;
    }
    collecting_ = 0;
    collected_ = cursor_;
    stage_ = Stage::collect;
    return {};
}

StoreResult<> Rollups::collect() {
    if (collecting_ == bases_.size()) {
        stage_ = Stage::hour;
        return {};
    }
    auto& arrived = bases_[collecting_].arrived;
    auto const end = std::min(collected_ + numbers_at_once, round_end_);
    arrived.reset();
    arrived.bind(1, collected_);
    arrived.bind(2, end);
    for (;;) {
        auto const row = arrived.step();
        if (!row) return row.error();
        if (!*row) break;
        auto const time = arrived.integer(1);
        touched_[{{collecting_, arrived.integer(0)}, floor_to(time, hour_ms)}].insert(
            floor_to(time, minute_ms));
    }
    arrived.reset();
    collected_ = end;
    if (collected_ == round_end_) {
        ++collecting_;
        collected_ = cursor_;
    }
    return {};
}

StoreResult<> Rollups::begin_hour() {
    auto const& [where, minutes] = *touched_.begin();
    work_.base = &bases_[where.first.first];
    work_.stream = where.first.second;
    work_.hour = where.second;
    auto const dense = is_dense();
    if (!dense) return dense.error();
    work_.dense = *dense;
    work_.becomes_dense = false;
    if (!work_.dense) {
        auto& count = work_.base->count;
        count.reset();
        count.bind(1, work_.stream);
        count.bind(2, work_.hour);
        count.bind(3, work_.hour + hour_ms);
        auto const counted = count.step();
        if (!counted) return counted.error();
        work_.becomes_dense = count.integer(0) > most_rows_of_sparse_hour;
        count.reset();
    }
    if (work_.dense) {
        for (auto const minute : minutes) work_.spans.push_back({Level::minutes, minute, minute});
    } else if (work_.becomes_dense) {
        for (auto minute = work_.hour; minute < work_.hour + hour_ms; minute += minute_ms)
            work_.spans.push_back({Level::minutes, minute, minute});
    } else {
        work_.spans.push_back({Level::hours, work_.hour, work_.hour});
    }
    touched_.erase(touched_.begin());
    sums_.assign(work_.base->columns, {});
    stage_ = Stage::spans;
    return {};
}

StoreResult<bool> Rollups::is_dense() {
    dense_.reset();
    dense_.bind(1, work_.stream);
    dense_.bind(2, work_.hour);
    auto const found = dense_.step();
    dense_.reset();
    return found;
}

StoreResult<> Rollups::read_span() {
    auto& span = work_.spans.front();
    auto& rows = work_.base->rows;
    rows.reset();
    rows.bind(1, work_.stream);
    rows.bind(2, span.next);
    rows.bind(3, span.end());
    std::int64_t read = 0;
    for (;; ++read) {
        auto const row = rows.step();
        if (!row) return row.error();
        if (!*row) break;
        span.next = rows.integer(0) + 1;
        for (std::size_t field = 0; field < sums_.size(); ++field) {
            int const column = static_cast<int>(field) + 1;
            if (rows.is_null(column)) continue;
            if (rows.is_text(column))
                sums_[field].has_text = true;
            else
                sums_[field].summary.add(rows.number(column));
        }
    }
    rows.reset();
    if (read == rows_at_once) return {};
    auto const written = write_span(span);
    if (!written) return written;
    work_.spans.pop_front();
    sums_.assign(work_.base->columns, {});
    return {};
}

/// A value that became a text may have been a number before.
StoreResult<> Rollups::write_span(Span const& span) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        auto const& sum = sums_[i];
        if (sum.summary.count() == 0 && !sum.has_text) continue;
        auto const field = static_cast<std::int64_t>(i);
        auto const done = sum.summary.count() > 0 ? write(span.level, field, span.start, sum.summary)
                                                  : remove(span.level, field, span.start);
        if (!done) return done;
        (span.level == Level::minutes ? work_.fields_of_hour : work_.fields_of_day).insert(field);
    }
    return {};
}

/// Not before all its minutes are there.
StoreResult<> Rollups::end_spans() {
    stage_ = Stage::hour_from_minutes;
    if (!work_.becomes_dense) return {};
    make_dense_.bind(1, work_.stream);
    make_dense_.bind(2, work_.hour);
    return make_dense_.run();
}

StoreResult<> Rollups::condense(Level level, std::int64_t start, std::set<std::int64_t>& fields) {
    auto& read = buckets_[finer(level)].read;
    for (std::size_t done = 0; done < fields_at_once && !fields.empty(); ++done) {
        auto const field = *fields.begin();
        read.reset();
        read.bind(1, work_.stream);
        read.bind(2, field);
        read.bind(3, start);
        read.bind(4, start + width_of(level));
        Summary summary;
        for (;;) {
            auto const row = read.step();
            if (!row) return row.error();
            if (!*row) break;
            summary.add(read.integer(0), read.number(1), read.number(2), read.number(3));
        }
        read.reset();
        auto const written =
            summary.count() > 0 ? write(level, field, start, summary) : remove(level, field, start);
        if (!written) return written;
        if (level == Level::hours) work_.fields_of_day.insert(field);
        fields.erase(fields.begin());
    }
    return {};
}

/// A day is condensed once, after the last of its hours.
StoreResult<> Rollups::end_hour() {
    bool same_day = false;
    if (!touched_.empty()) {
        auto const& next = touched_.begin()->first;
        same_day = next.first.second == work_.stream &&
                   floor_to(next.second, day_ms) == floor_to(work_.hour, day_ms);
    }
    stage_ = same_day ? Stage::hour : Stage::day_from_hours;
    return {};
}

StoreResult<> Rollups::end_round() {
    advance_.bind(1, round_end_);
    auto const advanced = advance_.run();
    reset();
    return advanced;
}

StoreResult<> Rollups::write(Level level, std::int64_t field, std::int64_t start, Summary const& summary) {
    auto& insert = buckets_[level].write;
    insert.bind(1, work_.stream);
    insert.bind(2, field);
    insert.bind(3, start);
    insert.bind(4, summary.count());
    insert.bind(5, summary.mean());
    insert.bind(6, summary.least());
    insert.bind(7, summary.most());
    return insert.run();
}

StoreResult<> Rollups::remove(Level level, std::int64_t field, std::int64_t start) {
    auto& remove = buckets_[level].remove;
    remove.bind(1, work_.stream);
    remove.bind(2, field);
    remove.bind(3, start);
    return remove.run();
}

}  // namespace sink
