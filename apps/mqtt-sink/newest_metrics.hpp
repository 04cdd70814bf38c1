// SPDX-License-Identifier: MIT
#pragma once

#include "store_reader.hpp"

#include <bridge/sample.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace sink {

/// What Prometheus reads of the devices: the newest numbers that are true now, each a gauge with its base and
/// field as its name.
///
///     # HELP mfm_frequency_hz Newest frequency of mfm, in hertz.
///     # TYPE mfm_frequency_hz gauge
///     mfm_frequency_hz{base="mfm",device="mains"} 50.013
///     mfm_mean_hz{base="mfm",device="mains",channel="10s"} 50.01
///
/// Left out: texts, `seq`, devices that are offline or whose bridge is, what was measured longer ago than
/// `max_age`, and what goes beyond the first `most` (counted by `mqtt_sink_readings_not_shown`). Characters
/// that a metric's name cannot have become `_`, and then the label `field` has the field's own name: so no
/// two series are one. A name that would be one of the sink's own gets `reading_` in front. Pure.
constexpr std::size_t most_newest_metrics = 10'000;
[[nodiscard]] std::string newest_metrics(Devices const& devices, bridge::Timestamp now,
                                         std::chrono::milliseconds max_age,
                                         std::size_t most = most_newest_metrics);

}  // namespace sink
