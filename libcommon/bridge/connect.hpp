// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>

namespace bridge {

/// Connects to the first of the host's addresses that answers, by `until` at the latest: the lookup of its
/// name included, which the system may take minutes for. A lookup that hangs keeps no other waiting, nor the
/// end of the program. `stream`, which must outlive the call, keeps `until` as its deadline. Error:
/// unreachable, and why; it does not name the host.
[[nodiscard]] boost::asio::awaitable<Result<>> connect(boost::beast::tcp_stream& stream, Address address,
                                                       std::chrono::steady_clock::time_point until);

}  // namespace bridge
