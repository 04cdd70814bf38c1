// SPDX-License-Identifier: MIT
#include "scripted_broker.hpp"

#include "mqtt_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace test {

namespace {

constexpr int tick_ms = 50;

void send_packet(int socket, MqttPacket const& packet) {
    std::string const bytes = packet.bytes();
    // A client that has gone is seen at the next read.
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ConnectRequest parse_connect(std::string const& body) {
    MqttFields fields(body);
    ConnectRequest request;
    (void)fields.text();  // "MQTT"
    request.protocol_level = fields.byte();
    unsigned const flags = fields.byte();
    (void)fields.number();  // keep alive
    bool const mqtt_5 = request.protocol_level >= 5;
    if (mqtt_5) fields.skip(fields.variable_number());
    request.clean = (flags & 2U) != 0;
    request.client_id = fields.text();
    if (flags & 4U) {
        if (mqtt_5) fields.skip(fields.variable_number());
        request.will_topic = fields.text();
        request.will_payload = fields.text();
        request.will_qos = flags >> 3U & 3U;
        request.will_retained = (flags & 32U) != 0;
    }
    if (flags & 128U) request.user = fields.text();
    if (flags & 64U) request.password = fields.text();
    return request;
}

}  // namespace

ScriptedBroker::ScriptedBroker(Refusal refusal, Subscriptions subscriptions)
    : refusal_(refusal),
      subscriptions_(subscriptions),
      listener_(listen_on(port_.number())),
      thread_([this] { accept_clients(); }) {}

ScriptedBroker::~ScriptedBroker() {
    stopping_ = true;
    thread_.join();
    for (auto& client : clients_) client.join();
}

std::vector<ConnectRequest> ScriptedBroker::connects() const {
    std::lock_guard const lock(mutex_);
    return connects_;
}

std::vector<Message> ScriptedBroker::published() const {
    std::lock_guard const lock(mutex_);
    return published_;
}

std::vector<std::string> ScriptedBroker::subscribed() const {
    std::lock_guard const lock(mutex_);
    return subscribed_;
}

void ScriptedBroker::accept_clients() {
    while (!stopping_) {
        pollfd waiting{listener_.get(), POLLIN, 0};
        if (::poll(&waiting, 1, tick_ms) <= 0) continue;
        int const socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        clients_.emplace_back([this, socket] { serve(FileDescriptor(socket, "accept")); });
    }
}

void ScriptedBroker::serve(FileDescriptor socket) {
    MqttPacketStream stream;
    while (!stopping_) {
        pollfd waiting{socket.get(), POLLIN, 0};
        if (::poll(&waiting, 1, tick_ms) <= 0) continue;
        char buffer[16384];
        auto const size = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (size <= 0) return;
        stream.add({buffer, static_cast<std::size_t>(size)});
        while (auto const packet = stream.next()) {
            MqttFields fields(packet->body);
            std::lock_guard const lock(mutex_);
            switch (packet->type) {
                case MqttPacket::connect: {
                    connects_.push_back(parse_connect(packet->body));
                    bool const known = connects_.back().protocol_level <= 4;
                    if (known) {
                        send_packet(socket.get(), {MqttPacket::connack, 0, std::string("\0\0", 2)});
                        break;
                    }
                    if (refusal_ == Refusal::old_connack)
                        send_packet(socket.get(), {MqttPacket::connack, 0, std::string("\0\x01", 2)});
                    if (refusal_ == Refusal::new_connack)
                        send_packet(socket.get(), {MqttPacket::connack, 0, std::string("\0\x84\0", 3)});
                    return;
                }
                case MqttPacket::publish: {
                    std::string topic = fields.text();
                    bool const acknowledge = (packet->flags & 6U) != 0;
                    std::uint16_t const identifier = acknowledge ? fields.number() : std::uint16_t{0};
                    published_.push_back(
                        {std::move(topic), std::string(fields.rest()), (packet->flags & 1U) != 0,
                         static_cast<int>(packet->flags >> 1U & 3U), std::chrono::system_clock::now()});
                    if (acknowledge)
                        send_packet(socket.get(), {MqttPacket::puback, 0, mqtt_number(identifier)});
                    break;
                }
                case MqttPacket::subscribe: {
                    std::string answer = mqtt_number(fields.number());
                    while (!fields.rest().empty()) {
                        subscribed_.push_back(fields.text());
                        unsigned const qos = fields.byte() & 3U;
                        answer += static_cast<char>(subscriptions_ == Subscriptions::granted ? qos : 0x80U);
                    }
                    send_packet(socket.get(), {MqttPacket::suback, 0, answer});
                    break;
                }
                case MqttPacket::pingreq:
                    send_packet(socket.get(), {MqttPacket::pingresp, 0, {}});
                    break;
                default:
                    break;
            }
        }
    }
}

}  // namespace test
