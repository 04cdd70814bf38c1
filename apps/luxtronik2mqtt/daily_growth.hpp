// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace luxtronik {

/// When something was read, by both clocks; either may be set meanwhile.
struct Moment {
    bridge::Timestamp time;
    std::int64_t controller_s = 0;  ///< the controller's clock; 0: not known
};

/// Whether two readings are so near that what happened between them, over midnight, may count for the second
/// one's day.
[[nodiscard]] bool are_near(bridge::Timestamp one, bridge::Timestamp other);

/// How much one counter of the controller has grown since the day began. What cannot be known is not said:
/// a counter that went back, or jumped further than a pump can, is not believed at once; if it stays so, it
/// began anew, and of that day nothing is known. Pure; all of it is a value that can be kept.
struct DailyGrowth {
    /// What a pump can do: in an hour, and between two readings however near, since some counters go on in
    /// steps of two hours.
    struct Limits {
        double per_hour, at_once;
    };

    /// What the counter shows. The growth since it was last read, if that belongs to the day; nothing if that
    /// is not known.
    std::optional<double> take(double value, Moment now, Limits limits);
    void begin_day();

    /// Of the day so far, or of the part of it that was seen: `whole` tells.
    [[nodiscard]] std::optional<double> today() const;

    struct Seen {
        double value = 0;
        Moment when;
    };
    std::optional<Seen> last;
    std::optional<Seen> doubtful;
    int doubts = 0;  ///< readings in which `doubtful` has gone on
    double grown = 0;
    bool begun = false;  ///< it was read on this day
    bool whole = false;  ///< from the begin of the day on
    bool lost = false;   ///< it began anew on this day

  private:
    void doubt(Seen seen, Limits limits);
};

}  // namespace luxtronik
