// SPDX-License-Identifier: MIT
#pragma once

#include "store_reader.hpp"

#include <bridge/sample.hpp>

#include <map>
#include <string>

namespace sink {

/// What was asked, its parts decoded.
struct ApiRequest {
    std::string method;
    std::string path;
    std::map<std::string, std::string> query;
    bridge::Timestamp now;  ///< that relative times count from
};

/// JSON; what is not 200 is `{"error":"a sentence"}`.
struct ApiAnswer {
    unsigned status = 200;
    std::string body;
};

/// `/api/v1/devices` and `/api/v1/query`.
///
///     devices  as `to_json(Devices)` has them
///
///     query    device=, field= and, if need be, base= and channel= (default: the device's own);
///              from= and to= as `parse_time` has them (default: the last 24 hours, until now)
///              {"base":..,"device":..,"channel":..,"field":..,"from":..,"to":..,
///               "points":[[ts,value],...],"truncated":false}       at most 100,000
///              with points=N (1 to 10,000) pieces of equal length, those with numbers in them:
///               "bucket_ms":3600000,"points":[[start,mean,min,max],...]
///
/// On the reader's thread.
[[nodiscard]] ApiAnswer answer(ApiRequest const& request, StoreReader& reader);
/// The one of them that needs no request.
[[nodiscard]] ApiAnswer answer_devices(StoreReader& reader);

}  // namespace sink
