// SPDX-License-Identifier: MIT
#include <bridge/address.hpp>

#include <bridge/text.hpp>

#include <algorithm>
#include <optional>

namespace bridge {

namespace {

bool is_host(std::string_view text, std::string_view more) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

bool is_name(std::string_view text) { return is_host(text, "-._"); }
/// With its zone, as `fe80::1%eth0`.
bool is_v6(std::string_view text) {
    return text.find(':') != std::string_view::npos && is_host(text, ":.%-_");
}

struct Parts {
    std::string_view host;
    std::optional<std::string_view> port;
};

/// Nothing: neither a name nor an address.
std::optional<Parts> take_apart(std::string_view text) {
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos || !is_v6(text.substr(1, close - 1))) return std::nullopt;
        Parts parts{text.substr(1, close - 1), std::nullopt};
        auto const rest = text.substr(close + 1);
        if (rest.empty()) return parts;
        if (rest.front() != ':') return std::nullopt;
        parts.port = rest.substr(1);
        return parts;
    }
    auto const colon = text.find(':');
    if (colon != text.rfind(':')) return is_v6(text) ? std::optional<Parts>({text, {}}) : std::nullopt;
    Parts parts{text.substr(0, colon), std::nullopt};
    if (colon != std::string_view::npos) parts.port = text.substr(colon + 1);
    return is_name(parts.host) ? std::optional(parts) : std::nullopt;
}

}  // namespace

Result<Address> parse_address(std::string_view text, std::uint16_t port) {
    auto const parts = take_apart(text);
    auto const number = parts && parts->port ? to_number<std::uint16_t>(*parts->port) : std::optional(port);
    if (parts && number && *number != 0) return Address{std::string(parts->host), *number};
    if (parts && !parts->port) return Error{Errc::config, "must be host:port, with a port"};
    return Error{Errc::config,
                 "must be a name or an IP address, and may have a port: device.lan, 192.168.1.20:8080 or "
                 "[fd00::20]:8080"};
}

}  // namespace bridge
