// SPDX-License-Identifier: MIT
#include "luxtronik.hpp"

#include <bridge/log.hpp>
#include <bridge/settings.hpp>

#include "luxtronik_server.hpp"
#include "luxtronik_writes.hpp"
#include "simulator.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace devsim {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

struct Settings {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::string port_file;
    std::uint64_t seed = 1;
    double speed = 1;
    LuxtronikMake make;
    std::uint64_t parameters = make.parameters;
    std::uint64_t calculations = make.calculations;
    std::uint64_t visibilities = make.visibilities;
    std::uint64_t clock = 0;
    FaultScript faults{luxtronik_cues()};
};

void bind(bridge::Options& options, Settings& settings) {
    options.add("devsim", "listen", settings.listen, "address to listen at; 0.0.0.0 for all");
    options.add("devsim", "port", settings.port, "TCP port; 0: the system chooses one");
    options.add("devsim", "port_file", settings.port_file, "file to write the port into once it listens");
    options.add("devsim", "seed", settings.seed, "everything random follows from it");
    options.add("devsim", "speed", settings.speed, "device time over real time").range(0.001, 10'000);
    options.add("devsim", "firmware", settings.make.firmware, "version, up to ten characters");
    options.add("devsim", "parameters", settings.parameters, "number of parameters").range(0, 10'000);
    options.add("devsim", "calculations", settings.calculations, "number of calculations").range(0, 10'000);
    options.add("devsim", "visibilities", settings.visibilities, "number of visibilities").range(0, 10'000);
    options.add("devsim", "clock", settings.clock,
                "time of the house at the start, in unix seconds; it makes season and hour; 0: now");
}

/// Whoever waits for the file must never find it half written.
Result<> write_port(std::string const& path, std::uint16_t port) {
    if (path.empty()) return {};
    std::string const fresh = path + ".new";
    std::ofstream file(fresh);
    file << port << '\n' << std::flush;
    std::error_code failed;
    if (file) std::filesystem::rename(fresh, path, failed);
    if (!file || failed) return Error{Errc::config, fmt::format("--port-file: cannot write {}", path)};
    return {};
}

LuxtronikMake make_of(Settings const& settings) {
    LuxtronikMake make = settings.make;
    make.parameters = settings.parameters;
    make.calculations = settings.calculations;
    make.visibilities = settings.visibilities;
    make.clock = settings.clock != 0 ? static_cast<std::int64_t>(settings.clock)
                                     : std::chrono::duration_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now().time_since_epoch())
                                           .count();
    return make;
}

/// As the script has them, and as this firmware is.
LuxtronikFaults faults_of(Settings const& settings, DeviceTime time) {
    auto faults = luxtronik_faults(settings.faults, time);
    if (settings.make.firmware == "V1.90.0" || settings.make.firmware == "V2.90.0")
        faults.restarts_on_write = true;
    for (auto* const duration : {&faults.hangs_for, &faults.away_for})
        *duration = std::chrono::duration_cast<std::chrono::milliseconds>(*duration / settings.speed);
    return faults;
}

Result<> simulate(Settings const& settings, asio::io_context& loop) {
    bridge::Log const log;
    LuxtronikMake const make = make_of(settings);
    House house(make.clock, settings.seed);
    auto const start = Clock::now();
    auto const time = [&]() -> DeviceTime { return (Clock::now() - start) * settings.speed; };
    LuxtronikWrites writes;
    auto const lists = [&] {
        auto all = luxtronik_lists(make, house.at(time()), time());
        writes.apply(all.parameters, time());
        return all;
    };
    auto const write = [&](std::size_t index, std::int32_t value) {
        writes.write(index, value, time() + faults_of(settings, time()).shows_after);
    };
    LuxtronikServer::Device device{lists, [&] { return faults_of(settings, time()); }, write};
    auto const server =
        LuxtronikServer::open(loop.get_executor(), settings.listen, settings.port, std::move(device), log);
    if (!server) return server.error();
    auto const written = write_port(settings.port_file, (*server)->port());
    if (!written) return written;
    fmt::print("{}\n", (*server)->port());
    std::fflush(stdout);
    log.info("luxtronik", "listening", {{"port", std::int64_t{(*server)->port()}}});
    loop.run();
    log.info("luxtronik", "stopped",
             {{"reads", static_cast<std::int64_t>((*server)->reads())},
              {"writes", static_cast<std::int64_t>((*server)->writes())}});
    return {};
}

}  // namespace

int run_luxtronik(std::vector<std::string> const& arguments) {
    Settings settings;
    Simulator simulator;
    simulator.kind = "luxtronik";
    simulator.description =
        "A Luxtronik 2 controller of a brine/water heat pump with cooling: its binary interface, until "
        "SIGTERM or SIGINT. Prints its port.";
    simulator.bind = [&settings](bridge::Options& options) { bind(options, settings); };
    simulator.more_help = FaultScript(luxtronik_cues()).help();
    simulator.set_faults = [&settings](std::string_view script) { return settings.faults.parse(script); };
    simulator.simulate = [&settings](asio::io_context& loop) { return simulate(settings, loop); };
    return run_simulator(simulator, arguments);
}

}  // namespace devsim
