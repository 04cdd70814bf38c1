// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// Where a controller listens.
struct Address {
    std::string host;  ///< name or IP address
    std::uint16_t port = 8889;
    bool operator==(Address const&) const = default;
};

/// `heatpump.lan`, `192.168.1.20:8888`, `[fd00::20]:8889`; without a port, `port`.
[[nodiscard]] bridge::Result<Address> parse_address(std::string_view text, std::uint16_t port);

/// How long a poll may take. A controller answers within a tenth of a second; some hang, and some hold the
/// connection open for ever.
struct Patience {
    std::chrono::milliseconds silence{5000};  ///< to connect, and for each next byte
    std::chrono::milliseconds whole{30000};
};

/// What one poll brought.
struct Poll {
    std::vector<std::byte> blocks;  ///< calculations, parameters, visibilities: whole, as they came
    bridge::Timestamp measured;     ///< when the calculations were there
};

/// Reads the three blocks over a connection of its own, one request after the other; only ever reads. All of
/// it or nothing. Errors: unreachable, timed_out, closed, and those of `frame`.
[[nodiscard]] boost::asio::awaitable<bridge::Result<Poll>> poll(Address address, Patience patience);

}  // namespace luxtronik
