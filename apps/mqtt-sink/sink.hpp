// SPDX-License-Identifier: MIT
#pragma once

#include "settings.hpp"

#include <bridge/program.hpp>
#include <bridge/result.hpp>

#include <functional>
#include <string>

namespace sink {

/// What the program was called with.
struct CommandLine {
    char** words;  ///< as `main` was given them
    /// Whether the program can be started with it, and with the file that it names as that is now.
    std::function<bridge::Result<>()> usable;
};

/// The sink: inbox, store, broker, outputs and HTTP, until it is told to end; the program's exit code. At a
/// SIGHUP with usable settings the process begins anew.
[[nodiscard]] int run(Settings const& settings, bridge::ProgramSettings const& program, std::string api_token,
                      CommandLine command_line);

}  // namespace sink
