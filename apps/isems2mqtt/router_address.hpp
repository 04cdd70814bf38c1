// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isems {

/// Where a node's web server is.
struct RouterAddress {
    std::string host;
    std::uint16_t port = 80;
    bool operator==(RouterAddress const&) const = default;
};

/// `host`, `host:port` or `[v6]:port`; nothing for what else it is.
[[nodiscard]] std::optional<RouterAddress> parse_router_address(std::string_view text);

}  // namespace isems
