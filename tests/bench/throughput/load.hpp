// SPDX-License-Identifier: MIT
#pragma once

#include "support/publisher.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace bench {

/// One reading of ten devices in turn: 13 numbers beside `ts`, padded by their digits to 235 bytes. No two of
/// the same `series` and number have the same time.
[[nodiscard]] test::Publisher::Text reading(std::size_t series, std::size_t number);

/// Publishes that many of a series, at QoS 1, as fast as the broker acknowledges them.
[[nodiscard]] std::unique_ptr<test::Publisher> flood(std::uint16_t port, std::size_t series,
                                                     std::size_t messages);

}  // namespace bench
