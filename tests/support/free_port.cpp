// SPDX-License-Identifier: MIT
#include "free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

FileDescriptor tcp_socket() {
    return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
}

FileDescriptor bound(std::uint16_t port) {
    auto socket = tcp_socket();
    int const yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    auto const address = loopback(port);
    if (::bind(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "bind");
    }
    return socket;
}

}  // namespace

FreePort::FreePort() : socket_(bound(0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "getsockname");
    }
    number_ = ntohs(address.sin_port);
}

FileDescriptor listen_on(std::uint16_t port) {
    auto socket = bound(port);
    if (::listen(socket.get(), 64) != 0) throw std::system_error(errno, std::generic_category(), "listen");
    return socket;
}

FileDescriptor connect_to(std::uint16_t port) {
    auto socket = tcp_socket();
    int const yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto const address = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) return {};
    return socket;
}

}  // namespace test
