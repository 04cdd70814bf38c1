// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/backoff.hpp>
#include <bridge/field_table.hpp>
#include <bridge/settings.hpp>

#include "decode.hpp"
#include "metric_file.hpp"
#include "whereabouts.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace luxtronik {

/// How long a connection to the controller lasts.
enum class Connection { short_one, persistent };

struct Settings {
    std::vector<bridge::Target> targets = {{"heatpump", "search"}};
    std::uint16_t port = 8889;
    std::chrono::milliseconds interval{30000};
    Connection connection = Connection::short_one;
    bool all_fields = false;
    std::string present_fields, absent_fields;  ///< names with commas between
    std::string write;                          ///< names with commas between
    bool smart_home = false;
    std::uint16_t smart_home_port = 502;
    std::chrono::milliseconds smart_home_grace{300000};
    std::string metrics_file;

    static void bind(bridge::Options& options, Settings& settings);

    /// Of a target that `bind` has let pass.
    [[nodiscard]] Whereabouts place_of(bridge::Target const& target) const;
    /// Past the longest poll; a failed one says so at once.
    [[nodiscard]] std::chrono::milliseconds stale_after() const;
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const& target) const;
    /// What is published, and what of it may be set.
    [[nodiscard]] bridge::FieldTable fields() const;
    [[nodiscard]] Selection selection() const;
    [[nodiscard]] Equipment equipment() const;
    /// The names for /metrics.
    [[nodiscard]] std::vector<ChosenMetric> metrics() const;
};

}  // namespace luxtronik
