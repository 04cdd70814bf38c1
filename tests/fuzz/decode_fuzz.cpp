// SPDX-License-Identifier: MIT
// What must hold of every decoder for every input: no crash, the same twice, only values that are values.
#include "decode.hpp"

#include <cmath>
#include <cstdlib>

namespace {

void must_hold(bool claim) {
    if (!claim) std::abort();
}

bool is_value(bridge::Value const& value) {
    auto const* const number = std::get_if<double>(&value);
    return number == nullptr || std::isfinite(*number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    bridge::Timestamp const received{std::chrono::milliseconds(1785570000000)};
    auto const bytes = std::as_bytes(std::span(data, size));
    auto const samples = DECODE(bytes, received);
    auto const again = DECODE(bytes, received);
    must_hold(samples.has_value() == again.has_value());
    if (!samples) {
        must_hold(samples.error().code == again.error().code);
        return 0;
    }
    must_hold(*samples == *again);
    for (auto const& sample : *samples) {
        for (auto const& reading : sample.readings) {
            must_hold(!reading.name.empty());
            must_hold(is_value(reading.value));
            if (reading.name == "frequency_hz") {
                double const hz = std::get<double>(reading.value);
                must_hold(hz >= 45 && hz <= 65);
            }
        }
    }
    return 0;
}
