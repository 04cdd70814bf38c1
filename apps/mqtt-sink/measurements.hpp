// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// A stored reading of a solar node, as isems2mqtt names its fields.
struct NodeRow {
    std::int64_t id = 0;  ///< the same for ever, whatever is asked
    std::int64_t ts = 0;  ///< unix ms
    std::string device;   ///< its topic's; the node's own id is its field `name`
    std::vector<bridge::Reading> fields;
};

/// `/measurements`, as isems-data-collector answers it: bodies are equal byte for byte, and so are its
/// conventions: keys in order, other than ASCII escaped, numbers as Python writes them, wall time of
/// Europe/Berlin without an offset. Pure.
///
///     {"measurements":[{"batteryChargeEstimate":100.0, ... ,"timestamp":"2018-06-30T15:16:15"}]}\n
///
/// 20 keys a row; what is not known is null, but status is then `0x000`. What differs on purpose: every power
/// saving level but 0 is `isPowerSaveMode`, where the collector knew only level 1.
namespace measurements {

constexpr std::size_t most_rows = 1440;
constexpr std::chrono::days default_hide_after{30};

/// `HIDE_INACTIVE_AFTER_DAYS`: a whole number of days; the default for everything else.
[[nodiscard]] std::chrono::days hide_after(std::string_view text);

/// What `?all=` asks for: only `true` is yes.
[[nodiscard]] bool wants_all(std::optional<std::string_view> all);

/// `/measurements/latest`: the newest row of each node, sorted by node. Rows from before `since` are left
/// out. So are nodes whose charge is not known: isems-app ends at the first of them.
[[nodiscard]] std::string overview(std::vector<NodeRow> const& rows, std::optional<bridge::Timestamp> since);

/// `/measurements/<node>/latest`: the newest `most_rows` of these, newest first. `rows`: of one node.
[[nodiscard]] std::string of_node(std::vector<NodeRow> const& rows);

/// The node's own id.
[[nodiscard]] std::string node_id(NodeRow const& row);

/// `2018-06-30T15:16:15`, and `.123000` where there is a fraction.
[[nodiscard]] std::string berlin_time(std::int64_t unix_ms);

/// A number as Python's `repr`: shortest, always with a fraction or an exponent. Not for NaN and infinities.
[[nodiscard]] std::string python_number(double number);

}  // namespace measurements

}  // namespace sink
