// SPDX-License-Identifier: MIT
#include "support/silent_name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

namespace test {

SilentNameServer::SilentNameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    for (int last = 1; last < 255; ++last) {
        address_ = "127.0.77." + std::to_string(last);
        ::inet_pton(AF_INET, address_.c_str(), &address.sin_addr);
        if (::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return;
    }
    throw std::runtime_error("cannot have port 53: this case needs root");
}

bool SilentNameServer::asked() const {
    pollfd question{socket_.get(), POLLIN, 0};
    return ::poll(&question, 1, 0) > 0;
}

}  // namespace test
