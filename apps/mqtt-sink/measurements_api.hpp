// SPDX-License-Identifier: MIT
#pragma once

#include "api.hpp"
#include "store_reader.hpp"

#include <chrono>

namespace sink {

/// `/measurements/latest[?all=true]` and `/measurements/<node>/latest`, as `measurements.hpp` has them. Nodes
/// that were silent for longer than `hide_after` are in the first only with `all`. On the reader's thread.
[[nodiscard]] ApiAnswer answer_measurements(ApiRequest const& request, StoreReader& reader,
                                            std::chrono::days hide_after);

}  // namespace sink
