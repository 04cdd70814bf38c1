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
        ++connections_;
        links_.emplace_back([this, socket] { pass_on(FileDescriptor(socket, "accept")); });
    }
}

void MqttRelay::pass_on(FileDescriptor client) {
    if (manner_ == Manner::cut) return;
    auto const broker = connect_to(broker_port_);
    if (!broker) return;
    // One thread for both ways would stand still when one side does not read; the way to the client has its
    // own.
    std::atomic<bool> ended = false, swallowed = false;
    auto const over = [&] {
        auto const manner = manner_.load();
        return stopping_ || ended || manner == Manner::cut || (swallowed && manner != Manner::silent);
    };
    auto const move = [&](int from, int to, auto const& look) {
        while (!over()) {
            pollfd waiting{from, POLLIN, 0};
            if (::poll(&waiting, 1, tick_ms) <= 0) continue;
            char buffer[16384];
            auto const size = ::recv(from, buffer, sizeof buffer, 0);
            if (size <= 0) break;
            if (manner_ == Manner::silent) swallowed = true;
            if (swallowed) continue;
            std::string_view const bytes(buffer, static_cast<std::size_t>(size));
            bool const last = look(bytes);
            if (!forward(to, bytes, stopping_) || last) break;
        }
        ended = true;
        ::shutdown(to, SHUT_RDWR);
    };
    std::thread down([&] { move(broker.get(), client.get(), [](std::string_view) { return false; }); });
    MqttPacketStream stream;
    move(client.get(), broker.get(), [&](std::string_view bytes) {
        bool published = false;
        stream.add(bytes);
        while (auto const packet = stream.next()) {
            ++counts_.at(packet->type);
            published = published || packet->type == MqttPacket::publish;
        }
        return published && manner_ == Manner::cut_at_publications;
    });
    down.join();
}

}  // namespace test
