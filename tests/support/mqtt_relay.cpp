// SPDX-License-Identifier: MIT
#include "mqtt_relay.hpp"

#include "mqtt_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <string_view>

namespace test {

namespace {

constexpr int tick_ms = 50;

/// Sends all, though the reader may be slow for as long as it likes; false when it is gone.
bool forward(int socket, std::string_view bytes, std::atomic<bool> const& stopping) {
    while (!bytes.empty()) {
        if (stopping) return false;
        pollfd waiting{socket, POLLOUT, 0};
        if (::poll(&waiting, 1, tick_ms) <= 0) continue;
        auto const size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace

MqttRelay::MqttRelay(std::uint16_t broker_port)
    : broker_port_(broker_port),
      listener_(listen_on(port_.number())),
      thread_([this] { accept_clients(); }) {}

MqttRelay::~MqttRelay() {
    stopping_ = true;
    thread_.join();
    for (auto& link : links_) link.join();
}

void MqttRelay::accept_clients() {
    while (!stopping_) {
        pollfd waiting{listener_.get(), POLLIN, 0};
        if (::poll(&waiting, 1, tick_ms) <= 0) continue;
        int const socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        links_.emplace_back([this, socket] { pass_on(FileDescriptor(socket, "accept")); });
    }
}

void MqttRelay::pass_on(FileDescriptor client) {
    auto const broker = connect_to(broker_port_);
    if (!broker) return;
    // One thread for both ways would stand still when one side does not read; the way to the client has its
    // own.
    std::atomic<bool> ended = false;
    std::thread down([&] {
        while (!stopping_ && !ended) {
            pollfd waiting{broker.get(), POLLIN, 0};
            if (::poll(&waiting, 1, tick_ms) <= 0) continue;
            char buffer[16384];
            auto const size = ::recv(broker.get(), buffer, sizeof buffer, 0);
            if (size <= 0 || !forward(client.get(), {buffer, static_cast<std::size_t>(size)}, stopping_))
                break;
        }
        ended = true;
        ::shutdown(client.get(), SHUT_RDWR);
    });
    MqttPacketStream stream;
    while (!stopping_ && !ended) {
        pollfd waiting{client.get(), POLLIN, 0};
        if (::poll(&waiting, 1, tick_ms) <= 0) continue;
        char buffer[16384];
        auto const size = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (size <= 0) break;
        std::string_view const bytes(buffer, static_cast<std::size_t>(size));
        stream.add(bytes);
        while (auto const packet = stream.next()) ++counts_.at(packet->type);
        if (!forward(broker.get(), bytes, stopping_)) break;
    }
    ended = true;
    ::shutdown(broker.get(), SHUT_RDWR);
    down.join();
}

}  // namespace test
