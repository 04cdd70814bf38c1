// SPDX-License-Identifier: MIT
#pragma once

#include "store_reader.hpp"

#include <string>

namespace sink {

/// What is known of devices as JSON, the same wherever it is shown. Pure.

[[nodiscard]] std::string to_json(bridge::Value const& value);

///     [{"base":"mfm","device":"mains","availability":"online","ts":1785570000123,
///       "channels":[{"channel":"","ts":1785570000123,"fields":{"frequency_hz":50.013}}]}]
///
/// `availability` and `ts` are missing where nothing was said of them.
[[nodiscard]] std::string to_json(Devices const& devices);

/// `{"base":"mfm","device":"mains","channel":"","ts":1785570000123,"fields":{"frequency_hz":50.013}}`
[[nodiscard]] std::string reading_json(DeviceName const& name, ChannelState const& state);

/// `{"base":"mfm","device":"mains","availability":"online"}`
[[nodiscard]] std::string availability_json(DeviceName const& name, std::string const& availability);

}  // namespace sink
