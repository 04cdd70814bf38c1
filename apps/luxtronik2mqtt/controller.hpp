// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

namespace luxtronik {

/// How long a poll may take. A controller answers within a tenth of a second; some hang, and some hold the
/// connection open for ever.
struct Patience {
    std::chrono::milliseconds silence{5000};  ///< for each next byte; to find and connect, twice that
    std::chrono::milliseconds whole{30000};
};

/// What one poll brought.
struct Poll {
    std::vector<std::byte> blocks;  ///< calculations, parameters, visibilities: whole, as they came
    bridge::Timestamp measured;     ///< when the calculations were there
};

/// Reads the three blocks over a connection of its own, one request after the other; only ever reads. All of
/// it or nothing. Errors: unreachable, timed_out, closed, and those of `frame`.
[[nodiscard]] boost::asio::awaitable<bridge::Result<Poll>> poll(bridge::Address address, Patience patience);

}  // namespace luxtronik
