// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/settings.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace devsim {

/// What every kind of simulated device has: flags, a help text, and a life on a loop.
struct Simulator {
    std::string_view kind;         ///< `mfm`
    std::string_view description;  ///< one or two sentences, for --help
    std::function<void(bridge::Options&)> bind;
    std::string more_help;  ///< what follows the flags
    /// Puts a script of faults in force, at the start and whenever it is changed. The error says what is
    /// wrong with it.
    std::function<bridge::Result<>(std::string_view script)> set_faults;
    /// What is wrong with settings that are each right; may be left out.
    std::function<bridge::Result<>()> check = [] { return bridge::Result<>{}; };
    /// Sets the device up, says on standard output how it is reached, and runs the loop, which ends with
    /// SIGTERM or SIGINT.
    std::function<bridge::Result<>(boost::asio::io_context&)> simulate;
};

/// `devsim KIND arguments...`: reads the flags and runs the device. The faults come with `--fault`, or with
/// `--fault-file`, which is read again at SIGHUP; a file that is wrong then ends the device. Returns the exit
/// code: 0 done, 2 wrong usage, 1 anything else.
[[nodiscard]] int run_simulator(Simulator const& simulator, std::vector<std::string> const& arguments);

}  // namespace devsim
