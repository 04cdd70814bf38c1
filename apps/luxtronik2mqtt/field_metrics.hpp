// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/field_table.hpp>
#include <bridge/metrics.hpp>
#include <bridge/sample.hpp>

#include "equipment.hpp"
#include "metric_file.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace luxtronik {

/// What a heat pump's newest numbers are in /metrics: each numeric field as `luxtronik_<field>`, with the
/// labels `device` and, where it has one, `channel`; and the chosen ones under their own names, with `device`
/// alone. What is not known now is not there. Used on the loop; lives no longer than the metrics.
class FieldMetrics {
  public:
    FieldMetrics(bridge::Metrics& metrics, std::string const& device, bridge::FieldTable const& fields,
                 std::vector<ChosenMetric> const& chosen);

    /// All that a poll brought: its whole blocks, and what was decoded of them.
    void show_poll(bridge::Bytes blocks, std::vector<bridge::Sample> const& samples,
                   Equipment const& equipment = {});
    /// All that is known now of this sample's channel.
    void show(bridge::Sample const& sample);
    /// Nothing is known any more.
    void clear();

  private:
    void clear(std::string const& channel);
    void show_chosen(bridge::Bytes blocks, Equipment const& equipment);

    std::map<std::pair<std::string, std::string>, bridge::Observed*> fields_;  ///< by channel and name
    std::vector<std::pair<std::string, bridge::Observed*>> chosen_;            ///< with their identifiers
    std::vector<std::string> identifiers_;                                     ///< of all chosen ones
};

}  // namespace luxtronik
