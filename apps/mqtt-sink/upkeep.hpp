// SPDX-License-Identifier: MIT
#pragma once

#include "clock_watch.hpp"
#include "counts.hpp"
#include "retention.hpp"
#include "rollups.hpp"
#include "sqlite.hpp"

#include <bridge/clock_gate.hpp>
#include <bridge/log.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace sink {

/// The work on the store that may wait, in small steps between batches: rollups and retention. Rollups are
/// brought up to date once an hour, or when many rows wait: so each page of theirs is written with an hour's
/// buckets in it, not with a minute's. Whoever asks gets what is behind them from the raw rows.
///
/// Nothing is deleted while the host's clock cannot be believed (`ClockWatch`).
///
/// Of the database thread, within its transactions.
class Upkeep {
  public:
    static constexpr std::chrono::milliseconds most_of_step{10};  ///< and the unit that is under way then
    static constexpr std::chrono::hours interval{1};

    using ReadClocks = std::function<bridge::Clocks()>;
    Upkeep(Retention::Rules rules, Counts& counts, bridge::Log log, ReadClocks clocks = bridge::Clocks::now);

    /// To be called when the store was opened.
    [[nodiscard]] StoreResult<> load(Connection& connection);
    /// To be called after a rollback: begins anew with what is committed.
    void break_off() { loaded_ = false; }
    /// Counts what may no longer be taken.
    [[nodiscard]] bool refuses(std::string_view base, bridge::Timestamp time) const;

    /// Whether a step has something to do now.
    [[nodiscard]] StoreResult<bool> has_work(Connection& connection);
    /// In a transaction. True: there is more to do at once.
    [[nodiscard]] StoreResult<bool> step(Connection& connection);

  private:
    using Time = std::chrono::steady_clock::time_point;

    [[nodiscard]] StoreResult<bool> rollups_are_due(Connection& connection, Time now) const;
    [[nodiscard]] bool retention_is_due(Time now) const;
    StoreResult<bool> unit(Connection& connection);
    StoreResult<> begin_retention(Connection& connection, bridge::Clocks now);

    Counts& counts_;
    bridge::Log log_;
    ReadClocks clocks_;
    Rollups rollups_;
    Retention retention_;
    std::optional<ClockWatch> clock_;
    std::optional<Time> rolled_;   ///< when the last round of rollups began
    std::optional<Time> deleted_;  ///< when it was last looked for what can be deleted
    std::chrono::steady_clock::duration longest_{};
    bool doubted_ = false;
    bool loaded_ = false;
};

}  // namespace sink
