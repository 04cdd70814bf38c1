// SPDX-License-Identifier: MIT
#include "api.hpp"

#include "device_json.hpp"
#include "events_api.hpp"
#include "series_api.hpp"

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <array>

namespace sink {

namespace {

ApiAnswer answer_devices(ApiRequest const& request, StoreReader& reader) {
    Parameters const parameters(request.query, {});
    if (parameters.wrong()) return refuse(400, *parameters.wrong());
    return all_devices(reader);
}

constexpr std::array paths = {
    ApiPath{"/api/v1/devices", answer_devices}, ApiPath{"/api/v1/series", answer_series},
    ApiPath{"/api/v1/query", answer_query}, ApiPath{"/api/v1/events", answer_events},
    ApiPath{"/api/v1/export.csv", answer_export}};

}  // namespace

ApiAnswer refuse(unsigned status, std::string const& sentence) {
    return {status, fmt::format("{{\"error\":{}}}\n", bridge::json_string(sentence))};
}

ApiAnswer refuse(StoreError const& error) {
    if (error.fault == Fault::interrupted) return refuse(503, "the answer took too long: ask for less");
    return refuse(503, "the store cannot be read now: " + error.detail);
}

std::span<ApiPath const> api_paths() { return paths; }

ApiAnswer all_devices(StoreReader& reader) {
    auto const devices = reader.devices();
    if (!devices) return refuse(devices.error());
    return {200, to_json(*devices)};
}

}  // namespace sink
