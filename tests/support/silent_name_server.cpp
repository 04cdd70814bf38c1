// SPDX-License-Identifier: MIT
#include "support/silent_name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

namespace test {

namespace {

constexpr auto at = "127.0.0.77";

}  // namespace

SilentNameServer::SilentNameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    ::inet_pton(AF_INET, at, &address.sin_addr);
    if (::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot have port 53: this case needs root");
}

std::string SilentNameServer::address() const { return at; }

bool SilentNameServer::asked() const {
    pollfd question{socket_.get(), POLLIN, 0};
    return ::poll(&question, 1, 0) > 0;
}

}  // namespace test
