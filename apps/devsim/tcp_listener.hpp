// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace devsim {

/// Listens at a numeric address. Port 0: one that the system chooses. Error: io, it cannot.
[[nodiscard]] bridge::Result<boost::asio::ip::tcp::acceptor> listen_at(boost::asio::any_io_executor loop,
                                                                       std::string const& address,
                                                                       std::uint16_t port);

/// Ends a connection so that the other side sees it reset.
void reset(boost::asio::ip::tcp::socket& socket);

}  // namespace devsim
