// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstddef>
#include <string_view>

namespace sink {

/// Larger payloads are nobody's readings: of them only the beginning is kept, to be set aside and looked at.
constexpr std::size_t largest_payload = 256UL * 1024;
constexpr std::size_t kept_of_refused = 64UL * 1024;

/// One message from the broker. Views bytes of its maker.
struct Message {
    std::string_view topic;
    std::string_view payload;      ///< whole, or the first `kept_of_refused` bytes of what is too large
    std::size_t payload_size = 0;  ///< as it was received
    bridge::Timestamp received;
    bool retained = false;  ///< the broker's kept copy, not live
};

}  // namespace sink
