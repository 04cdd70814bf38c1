// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// A number of the controller under a name for Prometheus that somebody has chosen.
struct ChosenMetric {
    std::string name;
    std::string identifier;  ///< of its place: `ID_WEB_Temperatur_TA`
    bool is_counter = false;
    bool operator==(ChosenMetric const&) const = default;
};

/// The fourteen of the exporter `heatpump.py`, spelt as there.
[[nodiscard]] std::vector<ChosenMetric> usual_metrics();

/// Reads what that exporter calls `metric.yml`: under `metrics` a list of entries with `name`, `key` (the
/// identifier) and `type` (gauge or counter). The error names file, line and key.
[[nodiscard]] bridge::Result<std::vector<ChosenMetric>> read_metric_file(std::string const& path);

/// The same of a text; `path` is only for the error.
[[nodiscard]] bridge::Result<std::vector<ChosenMetric>> parse_metric_file(std::string_view text,
                                                                          std::string const& path);

}  // namespace luxtronik
