// SPDX-License-Identifier: MIT
#include "compressor_watch.hpp"

#include "daily_growth.hpp"

#include <utility>

namespace luxtronik {

namespace {

/// A defrost takes some minutes: between two readings so near none is missed.
constexpr auto shortest_defrost = std::chrono::minutes(3);

}  // namespace

void CompressorWatch::take(Seen now) {
    if (before) {
        follow_run(now);
        follow_defrost(now);
    }
    before = now;
    seen_today = true;
}

void CompressorWatch::follow_run(Seen const& now) {
    bool const counted_back = now.starts < before->starts || now.runtime_s < before->runtime_s;
    if (counted_back) return stopped.reset();
    if (!before->runs) stopped = before;
    if (now.runs || !stopped) return;
    // The counters say whether it was one run; the run time's tells its length, however far apart the
    // readings.
    auto const start = *std::exchange(stopped, std::nullopt);
    double const length_s = now.runtime_s - start.runtime_s;
    if (now.starts - start.starts == 1 && length_s > 0)
        ended(length_s, seen_today || are_near(before->time, now.time));
}

void CompressorWatch::ended(double length_s, bool is_of_today) {
    last_run_s = length_s;
    if (!is_of_today) return;
    ++runs;
    runs_s += length_s;
}

void CompressorWatch::follow_defrost(Seen const& now) {
    auto const gap = now.time - before->time;
    bool const ran = now.runtime_s != before->runtime_s;
    if (ran && (gap > shortest_defrost || gap < -shortest_defrost)) defrosts_missed = true;
    if (now.defrosts && !before->defrosts) ++defrosts;
}

void CompressorWatch::begin_day() {
    runs = defrosts = 0;
    runs_s = 0;
    defrosts_missed = seen_today = false;
}

std::optional<int> CompressorWatch::defrosts_today() const {
    return before && !defrosts_missed ? std::optional(defrosts) : std::nullopt;
}

std::optional<double> CompressorWatch::mean_run_s() const {
    return runs > 0 ? std::optional(runs_s / runs) : std::nullopt;
}

}  // namespace luxtronik
