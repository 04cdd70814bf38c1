// SPDX-License-Identifier: MIT
#include "publisher.hpp"

#include "eventually.hpp"
#include "free_port.hpp"
#include "mqtt_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <deque>
#include <utility>

namespace test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned qos_1 = 2;  // the flags of PUBLISH
constexpr std::size_t identifiers = 65'535;

MqttPacket connect_packet() {
    // 3.1.1, a clean session, keep alive off.
    return {MqttPacket::connect, 0,
            mqtt_text("MQTT") + std::string("\x04\x02\x00\x00", 4) + mqtt_text("load")};
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

/// False when the connection has ended; waits for bytes up to the given time.
bool receive(int socket, MqttPacketStream& stream, int milliseconds) {
    pollfd waiting{socket, POLLIN, 0};
    if (::poll(&waiting, 1, milliseconds) <= 0) return true;
    char buffer[16384];
    auto const size = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) stream.add({buffer, static_cast<std::size_t>(size)});
    return size > 0;
}

}  // namespace

Publisher::Publisher(Plan plan)
    : plan_(std::move(plan)), acknowledged_(plan_.count), thread_([this] { work(); }) {}

Publisher::~Publisher() { stop(); }

void Publisher::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Publisher::work() {
    while (!stopping_ && sent_ < plan_.count) {
        auto const socket = connect_to(plan_.port);
        if (socket) one_connection(socket.get());
        if (!stopping_ && sent_ < plan_.count) std::this_thread::sleep_for(20ms);
    }
    finished_ = true;
}

void Publisher::one_connection(int socket) {
    MqttPacketStream stream;
    if (!send_all(socket, connect_packet().bytes())) return;
    bool welcome = false;
    auto const begin = Clock::now();
    auto const sent_before = sent_.load();
    // Acknowledgements come in the order of sending; the window is far below the number of identifiers.
    std::deque<std::size_t> on_the_way;
    auto last_sign = begin;
    for (;;) {
        std::string batch;
        auto const elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
        auto const due = plan_.per_second > 0
                             ? sent_before + static_cast<std::size_t>(elapsed * plan_.per_second)
                             : plan_.count;
        bool const more = !stopping_ && sent_ < plan_.count;
        while (welcome && more && sent_ < std::min(due, plan_.count) && on_the_way.size() < plan_.window) {
            std::size_t const number = sent_++;
            auto const text = plan_.message(number);
            auto const identifier = static_cast<std::uint16_t>(number % identifiers + 1);
            batch += MqttPacket{MqttPacket::publish, qos_1,
                                mqtt_text(text.topic) + mqtt_number(identifier) + text.payload}
                         .bytes();
            on_the_way.push_back(number);
        }
        if (!batch.empty() && !send_all(socket, batch)) return;
        if (!more && on_the_way.empty()) {
            (void)send_all(socket, MqttPacket{MqttPacket::disconnect, 0, {}}.bytes());
            return;
        }
        if (!receive(socket, stream, 1)) return;
        while (auto const packet = stream.next()) {
            last_sign = Clock::now();
            if (packet->type == MqttPacket::connack) welcome = packet->body == std::string("\0\0", 2);
            if (packet->type != MqttPacket::puback) continue;
            std::uint16_t const identifier = MqttFields(packet->body).number();
            auto const found = std::find_if(on_the_way.begin(), on_the_way.end(), [&](std::size_t number) {
                return number % identifiers + 1 == identifier;
            });
            if (found == on_the_way.end()) continue;
            acknowledged_[*found] = true;
            ++acknowledged_count_;
            on_the_way.erase(found);
        }
        bool const waiting = !welcome || !on_the_way.empty();
        if (waiting && Clock::now() - last_sign > 10s) return;
        if (!waiting) last_sign = Clock::now();
    }
}

}  // namespace test
