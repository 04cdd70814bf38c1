// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/house_settings.hpp>
#include <bridge/program.hpp>
#include <bridge/run_bridge.hpp>
#include <bridge/settings.hpp>
#include <bridge/spool.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace bridge {

/// The settings that all bridges share.
struct BridgeSettings {
    ProgramSettings program;
    HouseSettings house;
    std::string topic;
    std::string state_dir;
    std::uint64_t spool_max_bytes = Spool::Settings{}.most_bytes;
    std::chrono::milliseconds spool_max_age = Spool::Settings{}.most_age;
    bool once = false;
    bool dry_run = false;
    std::chrono::milliseconds once_timeout{30000};
    std::string record;   ///< file; empty: nothing is recorded
    bool redact = false;  ///< what is recorded
    std::string replay;   ///< file; empty: the devices are read

    static void bind(Options& options, BridgeSettings& settings, BridgeFacts const& facts);
};

}  // namespace bridge
