// SPDX-License-Identifier: MIT
#pragma once

#include "refusal.hpp"
#include "sqlite.hpp"

#include <bridge/metrics.hpp>

#include <array>

namespace sink {

/// What the sink counts. Made on the loop; any thread may add. Lives no longer than the metrics.
struct Counts {
    explicit Counts(bridge::Metrics& metrics);

    bridge::Counter& received;
    bridge::Counter& stored;
    bridge::Counter& ignored;
    bridge::Counter& commits;
    bridge::Counter& files_set_aside;
    bridge::Gauge& commit_seconds;
    bridge::Gauge& commit_messages;
    bridge::Gauge& batch_messages;
    bridge::Gauge& uncommitted_messages;
    bridge::Gauge& rollups_waiting;
    bridge::Gauge& upkeep_seconds;
    bridge::Gauge& clock_doubted;
    bridge::Counter& too_old;
    bridge::Counter& rows_deleted;
    bridge::Counter& rows_deleted_not_given;
    bridge::Counter& minutes_deleted;
    [[nodiscard]] bridge::Counter& set_aside(Reason reason) const {
        return *set_aside_[static_cast<std::size_t>(reason)];
    }
    [[nodiscard]] bridge::Counter& store_errors(Fault fault) const {
        return *store_errors_[static_cast<std::size_t>(fault)];
    }

  private:
    std::array<bridge::Counter*, reason_words.size()> set_aside_{};
    std::array<bridge::Counter*, fault_kinds> store_errors_{};
};

}  // namespace sink
