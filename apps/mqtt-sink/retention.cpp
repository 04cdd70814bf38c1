// SPDX-License-Identifier: MIT
#include "retention.hpp"

#include "rollup_levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace sink {

namespace {

// What one unit does at most; each is some milliseconds on a slow machine.
constexpr std::int64_t rows_at_once = 256;
constexpr int hours_at_once = 64;
constexpr std::int64_t pages_at_once = 128;
constexpr std::int64_t incremental = 2;  ///< of `PRAGMA auto_vacuum`
/// A file with less free room than this part of it stays as it is: new rows fill it again.
constexpr std::int64_t free_part = 10;

/// The first day that is kept.
std::int64_t limit_of(std::chrono::days kept, bridge::Timestamp now) {
    return std::max<std::int64_t>(floor_to((now - kept).time_since_epoch().count(), day_ms), 0);
}
std::int64_t limit_of(Keep const& keep, std::string_view base, bridge::Timestamp now) {
    auto const limit = keep.limit(base);
    return limit ? limit_of(*limit, now) : 0;
}

StoreResult<std::string> table_name(Connection& connection, std::string const& base) {
    auto rows = connection.prepare("SELECT table_name FROM bases WHERE base = ?");
    if (!rows) return rows.error();
    rows->bind(1, std::string_view(base));
    auto const found = rows->step();
    if (!found) return found.error();
    return *found ? sql_name(rows->text(0)) : std::string();
}

}  // namespace

StoreResult<> Retention::load(Connection& connection) {
    kept_.clear();
    streams_.clear();
    shrinking_ = false;
    deleted_ = {};
    auto rows = connection.prepare("SELECT base, rows_from, minutes_from, arrival FROM kept");
    if (!rows) return rows.error();
    for (;;) {
        auto const row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        kept_.insert_or_assign(std::string(rows->text(0)),
                               Kept{rows->integer(1), rows->integer(2), rows->integer(3), false});
    }
}

bool Retention::too_old(std::string_view base, bridge::Timestamp time) const {
    auto const kept = kept_.find(base);
    return kept != kept_.end() && time.time_since_epoch().count() < kept->second.rows_from;
}

StoreResult<> Retention::begin(Connection& connection, bridge::Timestamp now) {
    streams_.clear();
    auto bases = connection.prepare("SELECT base FROM bases");
    if (!bases) return bases.error();
    for (;;) {
        auto const row = bases->step();
        if (!row) return row.error();
        if (!*row) break;
        std::string const base(bases->text(0));
        auto done = advance(connection, base, now);
        if (done) done = add_streams(connection, base, now);
        if (!done) return done;
    }
    shrinking_ = true;
    return {};
}

/// Never back: what is deleted is gone, and a minute that had part of its rows deleted could not be computed
/// anew.
StoreResult<> Retention::advance(Connection& connection, std::string const& base, bridge::Timestamp now) {
    auto const known = kept_.find(base);
    Kept const before = known == kept_.end() ? Kept{} : known->second;
    Kept after{std::max(before.rows_from, limit_of(rules_.rows, base, now)),
               std::max(before.minutes_from, limit_of(rules_.minutes, base, now)), 0, false};
    if (after.rows_from == before.rows_from && after.minutes_from == before.minutes_from) return {};
    auto const table = table_name(connection, base);
    if (!table) return table.error();
    auto const arrival = connection.number("SELECT max(id) FROM " + *table);
    if (!arrival) return arrival.error();
    after.arrival = *arrival;
    kept_.insert_or_assign(base, after);
    return connection.execute(fmt::format("INSERT OR REPLACE INTO kept VALUES ({}, {}, {}, {})",
                                          sql_text(base), after.rows_from, after.minutes_from,
                                          after.arrival));
}

/// What every output has.
StoreResult<std::int64_t> Retention::given(Connection& connection) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (auto const& output : rules_.outputs) {
        auto const position = connection.number(
            fmt::format("SELECT max(position) FROM outputs WHERE name = {}", sql_text(output)));
        if (!position) return position.error();
        least = std::min(least, *position);
    }
    return least;
}

StoreResult<> Retention::add_streams(Connection& connection, std::string const& base, bridge::Timestamp now) {
    auto const found = kept_.find(base);
    if (found == kept_.end() || found->second.settled) return {};
    auto& kept = found->second;
    auto const rolled = connection.number("SELECT rolled FROM upkeep");
    if (!rolled) return rolled.error();
    if (*rolled < kept.arrival) return {};
    auto const given_to_all = given(connection);
    if (!given_to_all) return given_to_all.error();
    auto const table = table_name(connection, base);
    if (!table) return table.error();
    auto const fields =
        connection.number(fmt::format("SELECT count(*) FROM fields WHERE base = {}", sql_text(base)));
    if (!fields) return fields.error();

    Stream stream{.table = *table,
                  .fields = *fields,
                  .rows_before = kept.rows_from,
                  .minutes_before = kept.minutes_from,
                  .given = *given_to_all};
    kept.settled = *given_to_all >= kept.arrival;
    if (!kept.settled) {
        auto const limit = rules_.rows.limit(base);
        auto const waited = limit ? limit_of(*limit * 2, now) : 0;
        stream.rows_before = std::min(stream.rows_before, waited);
        stream.minutes_before = std::min(stream.minutes_before, waited);
    }
    auto streams = connection.prepare(fmt::format(
        "SELECT id, (SELECT max(ts) FROM {} WHERE stream = streams.id) FROM streams WHERE base = {}", *table,
        sql_text(base)));
    if (!streams) return streams.error();
    for (;;) {
        auto const row = streams->step();
        if (!row) return row.error();
        if (!*row) return {};
        stream.id = streams->integer(0);
        stream.newest = streams->integer(1);
        streams_.push_back(stream);
    }
}

StoreResult<> Retention::unit(Connection& connection) {
    if (streams_.empty()) return shrink(connection);
    auto& stream = streams_.front();
    return stream.rows_done ? delete_minutes(connection, stream) : delete_rows(connection, stream);
}

/// Goes from hour to hour, over those that have to stay.
StoreResult<> Retention::delete_rows(Connection& connection, Stream& stream) {
    auto const end = std::min(stream.rows_before, stream.newest);
    auto first = connection.prepare(fmt::format(
        "SELECT ts, EXISTS (SELECT 1 FROM dense_hours WHERE stream = {0} AND start = ts - ts % {1})"
        " FROM {2} WHERE stream = {0} AND ts >= ? AND ts < ? ORDER BY ts LIMIT 1",
        stream.id, hour_ms, stream.table));
    if (!first) return first.error();
    for (int hours = 0; hours < hours_at_once; ++hours) {
        first->reset();
        first->bind(1, stream.at);
        first->bind(2, end);
        auto const found = first->step();
        if (!found) return found.error();
        if (!*found) {
            stream.rows_done = true;
            return {};
        }
        auto const time = first->integer(0);
        auto const hour_end = floor_to(time, hour_ms) + hour_ms;
        stream.at = time;
        if (time < stream.minutes_before || first->integer(1) != 0) {
            first->reset();
            return delete_some(connection, stream, std::min(hour_end, end));
        }
        stream.at = hour_end;
    }
    return {};
}

StoreResult<> Retention::delete_some(Connection& connection, Stream& stream, std::int64_t end) {
    auto const next = connection.number(fmt::format(
        "SELECT ts FROM {} WHERE stream = {} AND ts >= {} AND ts < {} ORDER BY ts LIMIT 1 OFFSET {}",
        stream.table, stream.id, stream.at, end, rows_at_once));
    if (!next) return next.error();
    auto const up_to = *next == 0 ? end : *next;
    auto const where = fmt::format("FROM {} WHERE stream = {} AND ts >= {} AND ts < {}", stream.table,
                                   stream.id, stream.at, up_to);
    auto const not_given =
        connection.number(fmt::format("SELECT count(*) {} AND +id > {}", where, stream.given));
    if (!not_given) return not_given.error();
    auto const done = connection.execute("DELETE " + where);
    if (!done) return done;
    deleted_.rows += static_cast<std::uint64_t>(connection.changed_rows());
    deleted_.rows_not_given += static_cast<std::uint64_t>(*not_given);
    stream.at = up_to;
    return {};
}

/// Field by field; the marks of hours that have none any more at last.
StoreResult<> Retention::delete_minutes(Connection& connection, Stream& stream) {
    auto const of_stream = fmt::format("WHERE stream = {} AND start < {}", stream.id, stream.minutes_before);
    if (stream.minutes_before == 0 || stream.field == stream.fields) {
        auto const done = connection.execute("DELETE FROM dense_hours " + of_stream);
        streams_.pop_front();
        return done;
    }
    auto const done = connection.execute(fmt::format(
        "DELETE FROM rollup_1m {0} AND field = {1} AND start < ifnull((SELECT start FROM rollup_1m {0}"
        " AND field = {1} ORDER BY start LIMIT 1 OFFSET {2}), {3})",
        of_stream, stream.field, rows_at_once, stream.minutes_before));
    if (!done) return done;
    deleted_.minutes += static_cast<std::uint64_t>(connection.changed_rows());
    if (connection.changed_rows() < rows_at_once) ++stream.field;
    return {};
}

StoreResult<> Retention::shrink(Connection& connection) {
    auto const mode = connection.number("PRAGMA auto_vacuum");
    if (!mode) return mode.error();
    auto const pages = connection.number("PRAGMA page_count");
    if (!pages) return pages.error();
    auto const free_pages = connection.number("PRAGMA freelist_count");
    if (!free_pages) return free_pages.error();
    shrinking_ = *mode == incremental && *free_pages * free_part > *pages;
    if (!shrinking_) return {};
    return connection.execute(fmt::format("PRAGMA incremental_vacuum({})", pages_at_once));
}

}  // namespace sink
