// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <optional>

namespace luxtronik {

/// What of the compressor has to be seen happen, since no counter of the controller has it: how long it ran
/// from a start to the stop, and defrosts. Pure; all of it is a value that can be kept.
struct CompressorWatch {
    struct Seen {
        bridge::Timestamp time;
        bool runs = false;
        bool defrosts = false;
        double starts = 0;     ///< counter
        double runtime_s = 0;  ///< counter
    };
    void take(Seen now);
    void begin_day();

    /// Defrosts of the day; nothing if one may have been missed.
    [[nodiscard]] std::optional<int> defrosts_today() const;
    /// Mean length of the runs that ended on this day.
    [[nodiscard]] std::optional<double> mean_run_s() const;

    std::optional<Seen> before;
    std::optional<Seen> stopped;  ///< as it was before the run that goes on: known only if the start was seen
    std::optional<double> last_run_s;  ///< of the newest run that was seen whole
    int runs = 0;                      ///< that ended on this day, seen whole
    double runs_s = 0;
    int defrosts = 0;
    bool defrosts_missed = false;
    bool seen_today = false;  ///< `before` is of this day

  private:
    void follow_run(Seen const& now);
    void follow_defrost(Seen const& now);
    void ended(double length_s, bool is_of_today);
};

}  // namespace luxtronik
