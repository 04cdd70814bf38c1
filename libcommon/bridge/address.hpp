// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bridge {

/// Where a server listens.
struct Address {
    std::string host;  ///< name or IP address, without brackets
    std::uint16_t port = 0;
    bool operator==(Address const&) const = default;
};

/// `heatpump.lan`, `192.168.1.20:8888`, `[fd00::20]:8889`, `fd00::20`; without a port, `port`, and where that
/// is 0 it has to name one. `config`: what else it is; the error says what is expected (`must be ...`).
[[nodiscard]] Result<Address> parse_address(std::string_view text, std::uint16_t port);

}  // namespace bridge
