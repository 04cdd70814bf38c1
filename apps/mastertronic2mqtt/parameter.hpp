// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mastertronic {

/// A quantity that the device measures.
struct Parameter {
    std::string_view channel;  ///< `kh`
    std::string_view field;    ///< `kh_dkh`
    double most = 0;           ///< what no aquarium has: a guess, and a generous one; the least is 0
};

/// By the device's key, in any case: `dkh` as the cloud's test records have it, `KH_VAL` as the local history
/// has it. Null if the key is not known. (That `NI` is nitrate, `NIT` nitrite and `AMM` ammonium follows from
/// the other keys only.)
[[nodiscard]] Parameter const* find_parameter(std::string_view key);

}  // namespace mastertronic
