// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace test {

/// What a case's randomness follows from: always the same, but in the long runs of scripts/soak, which try
/// others (BRIDGE_SEED).
[[nodiscard]] inline std::uint64_t seed(std::uint64_t usual) {
    char const* const asked = std::getenv("BRIDGE_SEED");
    return asked ? std::stoull(asked) : usual;
}

}  // namespace test
