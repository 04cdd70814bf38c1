// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace test {

/// The little of MQTT's packet format that scripted clients and brokers need, written from the standard and
/// on purpose without the library that the programs use.
struct MqttPacket {
    enum Type : unsigned {
        connect = 1,
        connack,
        publish,
        puback,
        pubrec,
        pubrel,
        pubcomp,
        subscribe,
        suback,
        unsubscribe,
        unsuback,
        pingreq,
        pingresp,
        disconnect
    };
    unsigned type = 0;
    unsigned flags = 0;
    std::string body;

    [[nodiscard]] std::string bytes() const;
};

/// Cuts a stream of bytes into packets.
class MqttPacketStream {
  public:
    void add(std::string_view bytes) { buffer_.append(bytes); }
    [[nodiscard]] std::optional<MqttPacket> next();

  private:
    std::string buffer_;
    std::size_t start_ = 0;
};

/// Reads fields off the front of a packet's body; past its end it reads zeros and is `broken`.
class MqttFields {
  public:
    explicit MqttFields(std::string_view body) : rest_(body) {}
    [[nodiscard]] unsigned byte();
    [[nodiscard]] std::uint16_t number();
    [[nodiscard]] std::size_t variable_number();
    [[nodiscard]] std::string text();
    void skip(std::size_t size);
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool broken() const { return broken_; }

  private:
    std::string_view rest_;
    bool broken_ = false;
};

[[nodiscard]] std::string mqtt_number(std::uint16_t number);
[[nodiscard]] std::string mqtt_text(std::string_view text);

}  // namespace test
