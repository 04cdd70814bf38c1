// SPDX-License-Identifier: MIT
#pragma once

namespace sink {

/// What an acknowledged message survives.
enum class Durability {
    process,  ///< the death of the process
    power,    ///< a power cut too: it is synced to the disk first
};

}  // namespace sink
