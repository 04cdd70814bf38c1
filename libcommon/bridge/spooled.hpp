// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// A reading on its way to the broker, as it lies on disk meanwhile.
struct Spooled {
    std::uint64_t number = 0;  ///< one up from reading to reading
    Timestamp time;            ///< of the measurement
    std::string device_topic;  ///< without blanks
    std::string channel;       ///< may be empty
    std::string payload;       ///< without line ends
    bool operator==(Spooled const&) const = default;
};

/// Its line in a file, line end included:
///
///     5f1c09aa 48213 1785570000123 mfm/mains - {"ts":1785570000123,...}
///
/// CRC-32 of what follows it, number, unix ms, topic, channel (`-`: none) and payload.
[[nodiscard]] std::string spool_line(Spooled const& reading);
/// The reading of a line without its end; nothing if the line is not whole.
[[nodiscard]] std::optional<Spooled> parse_spool_line(std::string_view line);

}  // namespace bridge
