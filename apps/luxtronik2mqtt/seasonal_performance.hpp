// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

namespace luxtronik {

/// Heat by electric energy of one use on one day. The electric counters go on in steps, on some controllers
/// of two hours; so the heat is taken from step to step too: from the last step of the day before to the
/// newest of this day. Pure; all of it is a value that can be kept.
struct SeasonalPerformance {
    /// What the counters have grown since the last reading; nothing: that is not known.
    void take(std::optional<double> heat_kwh, std::optional<double> electric_kwh);
    void begin_day();

    /// Nothing where the electric energy is too little to be divided by, or where no pump is so good or bad.
    [[nodiscard]] std::optional<double> coefficient() const;

    double heat_kwh = 0, electric_kwh = 0;  ///< from step to step
    double heat_since_step_kwh = 0;
    bool has_step = false;  ///< since when all growth is known
};

}  // namespace luxtronik
