// SPDX-License-Identifier: MIT
#include "tcp_listener.hpp"

#include <fmt/format.h>

#include <utility>

namespace devsim {

namespace asio = boost::asio;
using asio::ip::tcp;

bridge::Result<tcp::acceptor> listen_at(asio::any_io_executor loop, std::string const& address,
                                        std::uint16_t port) {
    tcp::acceptor acceptor(std::move(loop));
    boost::system::error_code failed;
    tcp::endpoint const endpoint(asio::ip::make_address(address, failed), port);
    if (!failed) (void)acceptor.open(endpoint.protocol(), failed);
    if (!failed) (void)acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) (void)acceptor.bind(endpoint, failed);
    if (!failed) (void)acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed)
        return bridge::Error{bridge::Errc::io,
                             fmt::format("cannot listen at {}:{}: {}", address, port, failed.message())};
    return acceptor;
}

void reset(tcp::socket& socket) {
    boost::system::error_code ignored;
    (void)socket.set_option(asio::socket_base::linger(true, 0), ignored);
    (void)socket.close(ignored);
}

}  // namespace devsim
