// SPDX-License-Identifier: MIT
#pragma once

#include "api.hpp"

namespace sink {

/// What happened, newest first:
///
///     device= base=   of these alone
///     from= to=       as `parse_time` has them; by default the last 24 hours until now
///     limit=          1 to 1,000; 100 by default
///     [{"base":..,"device":..,"id":..,"ts":..,"kind":..,"severity":..,"state":..,"text":..},...]
[[nodiscard]] ApiAnswer answer_events(ApiRequest const& request, StoreReader& reader);

}  // namespace sink
