// SPDX-License-Identifier: MIT
#include "simulator.hpp"

#include <bridge/log.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace devsim {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Mode = bridge::Options::Mode;

/// Where the script of faults stands: in the flag itself or in a file.
struct FaultSource {
    std::string script;
    std::string file;
};

void bind(bridge::Options& options, FaultSource& faults) {
    options.add("devsim", "fault", faults.script, "what goes wrong and when, see below");
    options.add("devsim", "fault_file", faults.file,
                "instead of --fault: file with what goes wrong, read again at SIGHUP");
}

Result<> set_faults(Simulator const& simulator, FaultSource const& faults) {
    if (faults.file.empty()) {
        auto const set = simulator.set_faults(faults.script);
        if (!set) return Error{Errc::config, "--fault: " + set.error().detail};
        return {};
    }
    if (!faults.script.empty()) return Error{Errc::config, "--fault or --fault-file, not both"};
    std::ifstream file(faults.file);
    std::string const script{std::istreambuf_iterator<char>(file), {}};
    if (!file) return Error{Errc::config, fmt::format("--fault-file: cannot read {}", faults.file)};
    auto const set = simulator.set_faults(bridge::trimmed(script));
    if (!set) return Error{Errc::config, fmt::format("--fault-file {}: {}", faults.file, set.error().detail)};
    return {};
}

/// Reads the file of faults again at each SIGHUP; stops the loop when it is wrong.
class FaultFile {
  public:
    FaultFile(asio::io_context& loop, Simulator const& simulator, FaultSource const& faults)
        : loop_(loop), simulator_(simulator), faults_(faults), signals_(loop) {
        if (faults.file.empty()) return;
        signals_.add(SIGHUP);
        wait();
    }

    [[nodiscard]] Result<> const& state() const { return state_; }

  private:
    void wait() {
        signals_.async_wait([this](boost::system::error_code cancelled, int) {
            if (cancelled) return;
            state_ = set_faults(simulator_, faults_);
            if (!state_) return loop_.stop();
            bridge::Log().info("faults", "in_force", {{"file", faults_.file}});
            wait();
        });
    }

    asio::io_context& loop_;
    Simulator const& simulator_;
    FaultSource const& faults_;
    asio::signal_set signals_;
    Result<> state_;
};

Result<> simulate(Simulator const& simulator, FaultSource const& faults) {
    // Before the device can be reached: who sees it may already end us, or change its faults.
    asio::io_context loop(1);
    asio::signal_set signals(loop, SIGTERM, SIGINT);
    signals.async_wait([&loop](boost::system::error_code, int) { loop.stop(); });
    FaultFile const file(loop, simulator, faults);
    auto const done = simulator.simulate(loop);
    return done ? file.state() : done;
}

Result<> act(Simulator const& simulator, bridge::Options& options, FaultSource const& faults,
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
        case Mode::run:
            break;
    }
    auto right = set_faults(simulator, faults);
    if (right) right = simulator.check();
    if (!right || *mode == Mode::check_config) return right;
    return simulate(simulator, faults);
}

}  // namespace

int run_simulator(Simulator const& simulator, std::vector<std::string> const& arguments) {
    std::string const name = fmt::format("devsim {}", simulator.kind);
    bridge::Options options(name, "devsim", std::string(simulator.description));
    simulator.bind(options);
    FaultSource faults;
    bind(options, faults);
    auto const done = act(simulator, options, faults, arguments);
    if (done) return 0;
    fmt::print(stderr, "{}: {}\n", name, done.error().detail);
    return done.error().code == Errc::config ? 2 : 1;
}

}  // namespace devsim
