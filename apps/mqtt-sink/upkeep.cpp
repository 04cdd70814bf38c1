// SPDX-License-Identifier: MIT
#include "upkeep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sink {

namespace {

constexpr auto doubt =
    "nothing is deleted: the host's clock is not set, has jumped by more than a day, or has not run for a day"
    " since it was seen first";

}  // namespace

Upkeep::Upkeep(Retention::Rules rules, Counts& counts, bridge::Log log, ReadClocks clocks)
    : counts_(counts), log_(log), clocks_(std::move(clocks)), retention_(std::move(rules)) {}

StoreResult<> Upkeep::load(Connection& connection) {
    rollups_.reset();
    deleted_.reset();
    rolled_.reset();
    if (!clock_) {
        auto const remembered = connection.number("SELECT ifnull(clock, 0) FROM upkeep");
        if (!remembered) return remembered.error();
        auto const wall = bridge::Timestamp(std::chrono::milliseconds(*remembered));
        clock_.emplace(*remembered == 0 ? std::nullopt : std::optional(wall), clocks_());
    }
    auto loaded = retention_.load(connection);
    loaded_ = loaded.has_value();
    return loaded;
}

bool Upkeep::refuses(std::string_view base, bridge::Timestamp time) const {
    bool const refused = retention_.too_old(base, time);
    if (refused) counts_.too_old.add();
    return refused;
}

StoreResult<bool> Upkeep::rollups_are_due(Connection& connection, Time now) const {
    auto const waiting = Rollups::waiting(connection);
    if (!waiting) return waiting.error();
    counts_.rollups_waiting.set(static_cast<double>(*waiting));
    bool const rested = !rolled_ || now - *rolled_ >= interval;
    return *waiting >= Rollups::most_numbers_of_round || (*waiting > 0 && rested);
}

bool Upkeep::retention_is_due(Time now) const {
    return retention_.has_rules() && (!deleted_ || now - *deleted_ >= interval);
}

StoreResult<bool> Upkeep::has_work(Connection& connection) {
    if (!loaded_) {
        auto const loaded = load(connection);
        if (!loaded) return loaded.error();
    }
    auto const now = clocks_().steady;
    if (rollups_.busy() || retention_.busy() || retention_is_due(now)) return true;
    return rollups_are_due(connection, now);
}

StoreResult<bool> Upkeep::step(Connection& connection) {
    auto const start = clocks_().steady;
    StoreResult<bool> more = true;
    auto now = start;
    while (more && *more && now - start < most_of_step) {
        more = unit(connection);
        now = clocks_().steady;
    }
    auto const deleted = retention_.take_deleted();
    counts_.rows_deleted.add(deleted.rows);
    counts_.rows_deleted_not_given.add(deleted.rows_not_given);
    counts_.minutes_deleted.add(deleted.minutes);
    longest_ = std::max(longest_, now - start);
    counts_.upkeep_seconds.set(std::chrono::duration<double>(longest_).count());
    return more;
}

StoreResult<bool> Upkeep::unit(Connection& connection) {
    auto const now = clocks_();
    StoreResult<> done;
    if (rollups_.busy()) {
        done = rollups_.unit(connection);
    } else if (retention_.busy()) {
        done = retention_.unit(connection);
    } else {
        // First the rollups: what is not in them yet is not deleted, and the next look is an hour away.
        auto const due = rollups_are_due(connection, now.steady);
        if (!due) return due.error();
        if (*due) {
            rolled_ = now.steady;
            done = rollups_.unit(connection);
        } else if (retention_is_due(now.steady)) {
            done = begin_retention(connection, now);
        } else {
            return false;
        }
    }
    if (!done) return done.error();
    return true;
}

StoreResult<> Upkeep::begin_retention(Connection& connection, bridge::Clocks now) {
    deleted_ = now.steady;
    bool const believed = clock_->believed(now);
    counts_.clock_doubted.set(believed ? 0 : 1);
    bool const doubted = std::exchange(doubted_, !believed);
    if (!believed) {
        if (!doubted) log_.warn("retention", "clock_doubted", {{"detail", doubt}});
        return {};
    }
    if (doubted) log_.info("retention", "going_on");
    auto const kept =
        connection.execute(fmt::format("UPDATE upkeep SET clock = {}", now.wall.time_since_epoch().count()));
    if (!kept) return kept;
    return retention_.begin(connection, now.wall);
}

}  // namespace sink
