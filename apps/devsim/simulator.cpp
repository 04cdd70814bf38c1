// SPDX-License-Identifier: MIT
#include "simulator.hpp"

#include <fmt/format.h>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>

namespace devsim {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using Mode = bridge::Options::Mode;

bridge::Result<> simulate(Simulator const& simulator) {
    // Before the device can be reached: who sees it may already end us.
    asio::io_context loop(1);
    asio::signal_set signals(loop, SIGTERM, SIGINT);
    signals.async_wait([&loop](boost::system::error_code, int) { loop.stop(); });
    return simulator.simulate(loop);
}

bridge::Result<> act(Simulator const& simulator, bridge::Options& options,
                     std::vector<std::string> const& arguments) {
    auto const mode = options.parse(arguments, bridge::process_environment());
    if (!mode) return mode.error();
    switch (*mode) {
        case Mode::help:
            fmt::print("{}\n{}", options.help(), simulator.more_help);
            return {};
        case Mode::version:
            fmt::print("devsim {}\n", bridge::version());
            return {};
        case Mode::print_config:
            fmt::print("{}", options.to_toml());
            return {};
        case Mode::check:
        case Mode::healthcheck:
            return Error{Errc::config, "a simulator has nothing to check"};
        case Mode::check_config:
            return simulator.check();
        case Mode::run:
            break;
    }
    auto const right = simulator.check();
    return right ? simulate(simulator) : right;
}

}  // namespace

int run_simulator(Simulator const& simulator, std::vector<std::string> const& arguments) {
    std::string const name = fmt::format("devsim {}", simulator.kind);
    bridge::Options options(name, "devsim", std::string(simulator.description));
    simulator.bind(options);
    auto const done = act(simulator, options, arguments);
    if (done) return 0;
    fmt::print(stderr, "{}: {}\n", name, done.error().detail);
    return done.error().code == Errc::config ? 2 : 1;
}

}  // namespace devsim
