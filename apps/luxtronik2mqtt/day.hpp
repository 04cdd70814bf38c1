// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include "compressor_watch.hpp"
#include "daily_growth.hpp"
#include "seasonal_performance.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// A heat pump's running day: what its counters have grown and what it did, and what follows from them for
/// its whole life. Pure; all of it is a value that can be kept.
struct Day {
    /// The device's own reading, taken on this date, local time. Another date than that of before begins the
    /// day anew.
    void take(bridge::Sample const& reading, std::chrono::sys_days today);

    /// Of the channel `day`; what is not known is left out. Empty before the first reading.
    [[nodiscard]] std::vector<bridge::Reading> readings() const;

    std::optional<std::chrono::sys_days> date;
    std::map<std::string, DailyGrowth, std::less<>> counters;             ///< by the name of the field
    std::map<std::string, SeasonalPerformance, std::less<>> performance;  ///< by use
    CompressorWatch compressor;

  private:
    void begin(std::chrono::sys_days today);
    void add_growth(std::vector<bridge::Reading>& all) const;
    void add_performance(std::vector<bridge::Reading>& all) const;
    void add_compressor(std::vector<bridge::Reading>& all) const;
    /// Whether all that is said is of the day from its begin on.
    [[nodiscard]] bool is_whole() const;
    [[nodiscard]] std::optional<double> grown(std::string_view counter) const;
    [[nodiscard]] std::optional<double> shown(std::string_view counter) const;
};

}  // namespace luxtronik
