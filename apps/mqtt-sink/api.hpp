// SPDX-License-Identifier: MIT
#pragma once

#include "parameters.hpp"
#include "store_reader.hpp"

#include <bridge/sample.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace sink {

/// What was asked, its parts decoded.
struct ApiRequest {
    std::string path;
    Parameters::Given query;
    bridge::Timestamp now;  ///< that relative times count from
};

/// What is not 200 is JSON, `{"error":"a sentence"}`.
struct ApiAnswer {
    unsigned status = 200;
    std::string body = {};
    std::string content_type = "application/json";
    std::string file_name = {};  ///< under which a browser keeps it; empty: it shows it
    /// Gives what follows `body`, asked for when that is sent; nothing: `body` was the last. What changes
    /// between two pieces is in the later ones.
    std::function<ApiAnswer(StoreReader&)> more = {};
};

[[nodiscard]] ApiAnswer refuse(unsigned status, std::string const& sentence);
[[nodiscard]] ApiAnswer refuse(StoreError const& error);

/// What is answered below `/api/v1`, but for `/api/v1/stream`; docs/openapi.yaml describes it. Each takes
/// milliseconds, and is called on the reader's thread.
struct ApiPath {
    std::string_view path;
    ApiAnswer (*answer)(ApiRequest const& request, StoreReader& reader);
};
[[nodiscard]] std::span<ApiPath const> api_paths();

/// `/api/v1/devices` without a request: `to_json(Devices)`.
[[nodiscard]] ApiAnswer all_devices(StoreReader& reader);

}  // namespace sink
