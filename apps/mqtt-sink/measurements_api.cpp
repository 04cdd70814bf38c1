// SPDX-License-Identifier: MIT
#include "measurements_api.hpp"

#include "measurements.hpp"

#include <bridge/payload.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

namespace sink {

namespace {

constexpr std::string_view base = "isems";
constexpr std::string_view folder = "/measurements/";
constexpr std::string_view latest = "latest";

ApiAnswer error(unsigned status, std::string_view sentence) {
    return {status, "{\"error\":" + bridge::json_string(sentence) + "}\n"};
}

ApiAnswer unreadable(StoreError const& why) {
    return error(503, "the store cannot be read now: " + why.detail);
}

ApiAnswer overview(ApiRequest const& request, StoreReader& reader, std::chrono::days hide_after) {
    auto const rows = reader.newest_of_each(base);
    if (!rows) return unreadable(rows.error());
    // Of several the first, and others are no fault: so did the collector.
    auto const all = std::ranges::find(request.query, "all", &Parameters::Given::value_type::first);
    std::optional<bridge::Timestamp> since = request.now - hide_after;
    if (all != request.query.end() && measurements::wants_all(all->second)) since.reset();
    return {200, measurements::overview(*rows, since)};
}

ApiAnswer of_node(std::string_view node, StoreReader& reader) {
    auto const rows = reader.newest_of(base, node, measurements::most_rows);
    if (!rows) return unreadable(rows.error());
    return {200, measurements::of_node(*rows)};
}

}  // namespace

ApiAnswer answer_measurements(ApiRequest const& request, StoreReader& reader, std::chrono::days hide_after) {
    std::string_view path = request.path;
    path.remove_prefix(std::min(folder.size(), path.size()));
    if (path == latest) return overview(request, reader, hide_after);
    auto const slash = path.find('/');
    if (slash == 0 || slash == std::string_view::npos || path.substr(slash + 1) != latest)
        return error(404, "there are /measurements/latest and /measurements/NODE/latest");
    return of_node(path.substr(0, slash), reader);
}

}  // namespace sink
