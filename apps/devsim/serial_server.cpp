// SPDX-License-Identifier: MIT
#include "serial_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace devsim {

bridge::Result<SerialServer> SerialServer::open(std::string const& address, std::uint16_t port) {
    SerialServer server(address, port);
    auto const plugged = server.plug();
    if (!plugged) return plugged.error();
    return server;
}

void SerialServer::unplug() {
    FileDescriptor const client = std::move(client_);
    FileDescriptor const listener = std::move(listener_);
}

bridge::Result<> SerialServer::plug() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port_);
    if (::inet_pton(AF_INET, address_.c_str(), &at.sin_addr) != 1)
        return bridge::Error{bridge::Errc::config, fmt::format("--listen: {} is no IPv4 address", address_)};
    FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int const again = 1;  // the port of a client that was cut off is not free for a minute
    auto* const where = reinterpret_cast<sockaddr*>(&at);
    socklen_t size = sizeof at;
    if (::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &again, sizeof again) != 0 ||
        ::bind(listener.get(), where, size) != 0 || ::listen(listener.get(), 4) != 0 ||
        ::getsockname(listener.get(), where, &size) != 0)
        return bridge::Error{bridge::Errc::io, fmt::format("cannot listen at {}: {}", place(),
                                                           std::generic_category().message(errno))};
    port_ = ntohs(at.sin_port);
    listener_ = std::move(listener);
    return {};
}

std::size_t SerialServer::write(std::string_view bytes) {
    if (!has_reader()) return 0;
    auto const taken = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return taken < 0 ? 0 : static_cast<std::size_t>(taken);
}

bridge::Result<> SerialServer::tend() {
    if (!plugged()) return {};
    for (;;) {
        FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client.is_open()) break;
        client_ = std::move(client);
    }
    std::array<char, 512> unheard{};
    ssize_t heard = 1;
    while (has_reader() && heard > 0) heard = ::recv(client_.get(), unheard.data(), unheard.size(), 0);
    bool const gone = heard == 0 || (heard < 0 && errno != EAGAIN && errno != EINTR);
    if (gone) FileDescriptor const closed = std::move(client_);
    return {};
}

std::string SerialServer::place() const { return fmt::format("{}:{}", address_, port_); }

}  // namespace devsim
