// SPDX-License-Identifier: MIT
#pragma once

#include "api.hpp"

namespace sink {

/// What there is:
///
///     device= base= channel=   those alone; by default all
///     [{"base":..,"device":..,"channel":..,"field":..,"unit":..,"type":"number","first":ts,"last":ts},...]
///
/// `unit` where the name tells one; `first` and `last` are of the channel.
[[nodiscard]] ApiAnswer answer_series(ApiRequest const& request, StoreReader& reader);

/// One series:
///
///     device= field=   and, if need be, base= and channel= (default: the device's own)
///     from= to=        as `parse_time` has them; by default the last 24 hours until now
///     {"base":..,"device":..,"channel":..,"field":..,"from":..,"to":..,"points":[[ts,value],...]}
///
/// With points=N (1 to 10,000) pieces of equal length, those with numbers in them:
/// `"bucket_ms":3600000,"points":[[start,mean,min,max],...]`.
[[nodiscard]] ApiAnswer answer_query(ApiRequest const& request, StoreReader& reader);

/// All of a channel as `csv.hpp` has it. Parameters as above, but for fields=a,b,c: by default all fields
/// that `answer_series` names.
[[nodiscard]] ApiAnswer answer_export(ApiRequest const& request, StoreReader& reader);

}  // namespace sink
