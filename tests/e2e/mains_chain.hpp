// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"
#include "steady_board.hpp"

#include "support/database.hpp"

#include <cstdint>
#include <vector>

namespace test {

/// A board, its bridge with ten readings a second, and the sink, at a broker that is already there. The sink
/// listens from the first reading on. What outlives a restart is in the folder `state`.
struct MainsChain {
    MainsChain(TempFolder const& folder, std::uint16_t broker_port, Arguments const& more = {});

    /// The numbers of the device's own readings that are in the store, in order.
    [[nodiscard]] std::vector<std::int64_t> stored() const;
    /// True once this many are there.
    [[nodiscard]] bool stores(std::size_t count) const;
    /// Readings of all channels that are there; `where` is SQL on the number, `value`.
    [[nodiscard]] std::int64_t arrived(std::string const& where = "1") const;
    /// Readings of all channels: those that the bridge still has to hand over, and all that it took since its
    /// start.
    [[nodiscard]] double waiting() const { return bridge.metric("mfm2mqtt_queue_readings"); }
    [[nodiscard]] double taken() const {
        return bridge.metric("mfm2mqtt_readings_total", {{"device", "mains"}});
    }

    Database database;
    Program sink;
    SteadyBoard board;
    Program bridge;
};

/// The numbers after which others are missing.
[[nodiscard]] std::vector<std::int64_t> gaps(std::vector<std::int64_t> const& numbers);

}  // namespace test
