// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include "support/broker.hpp"
#include "support/database.hpp"
#include "support/influxd.hpp"
#include "support/publisher.hpp"
#include "support/victoria_metrics.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>

/// What cases about outputs share.
namespace test {

[[nodiscard]] std::int64_t now_ms();

/// `base device channel field ts value` of each value; one that is there twice is there twice.
using Values = std::multiset<std::string>;

[[nodiscard]] std::string value(std::string const& base, std::string const& device,
                                std::string const& channel, std::string const& field, std::int64_t ts,
                                std::string const& what);

enum class Texts { with, without };

[[nodiscard]] Values in_sqlite(Database const& database, Texts texts);
[[nodiscard]] Values in_influxd(Influxd const& influxd);
/// `base_field` is the name of a series there; bases must have no `_`.
[[nodiscard]] Values in_victoria_metrics(VictoriaMetrics const& database);

/// Three kinds of rows in turn, with what line protocol has to escape.
[[nodiscard]] Publisher::Text reading(std::int64_t first_ts, std::size_t number);

/// A sink with these outputs, as `[influx] url` names them.
[[nodiscard]] Arguments sink_arguments(Broker const& broker, TempFolder const& folder,
                                       std::string const& outputs);
/// As /readyz says it.
[[nodiscard]] std::string output_state(Program const& sink, std::string const& name);
/// Rows that an output has still to give.
[[nodiscard]] double lag(Program const& sink, std::string const& output);

/// Returns when the broker has them all.
void publish(Broker const& broker, std::size_t count, std::function<Publisher::Text(std::size_t)> message);

}  // namespace test
