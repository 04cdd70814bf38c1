// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace bridge {

/// Unix time, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Yes and no are the integers 1 and 0. What is not known has no Reading at all.
using Value = std::variant<double, std::int64_t, std::string>;

/// One value under its public name, which ends in its unit: `frequency_hz`.
struct Reading {
    std::string name;
    Value value;
    bool operator==(Reading const&) const = default;
};

/// What was measured together.
struct Sample {
    std::string
        device;  ///< what the bytes name (a solar node); empty: the runtime fills in the configured name
    std::string channel;  ///< what is measured at another time or rate (`10s`, `kh`); empty: the device's own
    Timestamp time;       ///< when it was measured
    std::vector<Reading> readings;
    bool own_time = false;  ///< dated by the device's clock: the host's has no say in it
    bool past = false;      ///< older than what the channel has shown: goes to `history`
    bool operator==(Sample const&) const = default;
};

using Emit = std::function<void(Sample)>;

}  // namespace bridge
