// SPDX-License-Identifier: MIT
#include "support/notify_socket.hpp"

#include "support/eventually.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace test {

NotifySocket::NotifySocket(std::filesystem::path path)
    : path_(std::move(path)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path_);
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot bind " + path_);
}

void NotifySocket::receive() {
    std::array<char, 4096> buffer{};
    for (;;) {
        auto const size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0) return;
        heard_.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
}

std::vector<std::string> NotifySocket::take() {
    receive();
    return std::exchange(heard_, {});
}

bool NotifySocket::hears(std::string const& words, std::chrono::milliseconds deadline) {
    return eventually(
        [&] {
            receive();
            return std::any_of(heard_.begin(), heard_.end(),
                               [&](auto const& message) { return message.find(words) != message.npos; });
        },
        deadline);
}

}  // namespace test
