// SPDX-License-Identifier: MIT
#include "mqtt_wire.hpp"

#include <algorithm>

namespace test {

std::string MqttPacket::bytes() const {
    std::string result(1, static_cast<char>(type << 4 | flags));
    std::size_t size = body.size();
    do {
        std::size_t const low = size % 128;
        size /= 128;
        result += static_cast<char>(size > 0 ? low | 128 : low);
    } while (size > 0);
    return result + body;
}

std::optional<MqttPacket> MqttPacketStream::next() {
    std::string_view const bytes = std::string_view(buffer_).substr(start_);
    std::size_t size = 0;
    for (std::size_t i = 1; i < bytes.size() && i < 5; ++i) {
        auto const digit = static_cast<unsigned char>(bytes[i]);
        size |= static_cast<std::size_t>(digit & 127U) << (7 * (i - 1));
        if (digit & 128U) continue;
        if (bytes.size() < i + 1 + size) break;
        unsigned const head = static_cast<unsigned char>(bytes.front());
        MqttPacket packet{head >> 4U, head & 15U, std::string(bytes.substr(i + 1, size))};
        start_ += i + 1 + size;
        return packet;
    }
    buffer_.erase(0, start_);
    start_ = 0;
    return std::nullopt;
}

unsigned MqttFields::byte() {
    if (rest_.empty()) {
        broken_ = true;
        return 0;
    }
    auto const value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
}

std::uint16_t MqttFields::number() {
    unsigned const high = byte();
    return static_cast<std::uint16_t>(high << 8U | byte());
}

std::size_t MqttFields::variable_number() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        unsigned const digit = byte();
        value |= static_cast<std::size_t>(digit & 127U) << shift;
        if (!(digit & 128U)) break;
    }
    return value;
}

std::string MqttFields::text() {
    std::size_t const size = number();
    std::string const result(rest_.substr(0, std::min(size, rest_.size())));
    skip(size);
    return result;
}

void MqttFields::skip(std::size_t size) {
    broken_ = broken_ || size > rest_.size();
    rest_.remove_prefix(std::min(size, rest_.size()));
}

std::string mqtt_number(std::uint16_t number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number & 255)};
}

std::string mqtt_text(std::string_view text) {
    return mqtt_number(static_cast<std::uint16_t>(text.size())) + std::string(text);
}

}  // namespace test
