// SPDX-License-Identifier: MIT
#include "router_address.hpp"

#include <bridge/text.hpp>

namespace isems {

std::optional<RouterAddress> parse_router_address(std::string_view text) {
    RouterAddress address;
    auto host = text;
    auto const colon = text.rfind(':');
    bool const bare_v6 = text.find(':') != colon && !text.ends_with(']') && !text.starts_with('[');
    if (colon != std::string_view::npos && !text.ends_with(']') && !bare_v6) {
        auto const port = bridge::to_number<std::uint16_t>(text.substr(colon + 1));
        if (!port || *port == 0) return std::nullopt;
        address.port = *port;
        host = text.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || host.find_first_of("/[]?#@=; \t") != std::string_view::npos) return std::nullopt;
    address.host = host;
    return address;
}

}  // namespace isems
