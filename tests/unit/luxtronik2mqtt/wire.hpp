// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// The value of a result that must have one.
template <class T>
[[nodiscard]] T must(bridge::Result<T> const& result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return *result;
}

/// Answers of a controller, put together from the protocol's notes.
[[nodiscard]] inline std::string number(std::int64_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<std::uint32_t>(value) >> shift & 0xffU);
    }
    return bytes;
}

using Raw = std::map<std::size_t, std::int64_t>;

[[nodiscard]] inline std::string numbers(std::size_t count, Raw const& values) {
    std::string bytes;
    for (std::size_t index = 0; index < count; ++index) {
        auto const found = values.find(index);
        bytes += number(found == values.end() ? 0 : found->second);
    }
    return bytes;
}

[[nodiscard]] inline std::string parameters(std::size_t count, Raw const& values = {}) {
    return number(3003) + number(static_cast<std::int64_t>(count)) + numbers(count, values);
}

[[nodiscard]] inline std::string calculations(std::size_t count, Raw const& values = {},
                                              std::int64_t status = 0) {
    return number(3004) + number(status) + number(static_cast<std::int64_t>(count)) + numbers(count, values);
}

[[nodiscard]] inline std::string visibilities(std::size_t count) {
    return number(3005) + number(static_cast<std::int64_t>(count)) + std::string(count, '\1');
}

[[nodiscard]] inline Raw with_version(Raw values, std::string_view version) {
    for (std::size_t i = 0; i < version.size(); ++i) values[81 + i] = version[i];
    return values;
}

[[nodiscard]] inline std::optional<bridge::Value> value_of(std::vector<bridge::Sample> const& samples,
                                                           std::string_view channel, std::string_view name) {
    for (auto const& sample : samples) {
        if (sample.channel != channel) continue;
        for (auto const& reading : sample.readings) {
            if (reading.name == name) return reading.value;
        }
    }
    return std::nullopt;
}

}  // namespace test
