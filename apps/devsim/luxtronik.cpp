// SPDX-License-Identifier: MIT
#include "luxtronik.hpp"

#include <bridge/log.hpp>
#include <bridge/settings.hpp>

#include "luxtronik_announcer.hpp"
#include "luxtronik_modbus.hpp"
#include "luxtronik_server.hpp"
#include "luxtronik_wishes.hpp"
#include "luxtronik_writes.hpp"
#include "simulator.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace devsim {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

/// Of both interfaces.
std::span<CueKind const> all_cues() {
    static auto const all = [] {
        std::vector<CueKind> cues(luxtronik_cues().begin(), luxtronik_cues().end());
        cues.insert(cues.end(), modbus_cues().begin(), modbus_cues().end());
        return cues;
    }();
    return all;
}

struct Settings {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::string port_file;
    std::uint16_t modbus_port = 0;
    std::string modbus_port_file;
    std::uint64_t seed = 1;
    double speed = 1;
    LuxtronikMake make;
    std::uint64_t parameters = make.parameters;
    std::uint64_t calculations = make.calculations;
    std::uint64_t visibilities = make.visibilities;
    std::uint64_t clock = 0;
    HeatSource source = HeatSource::brine;
    std::chrono::milliseconds meter_step = std::chrono::hours(2);
    std::uint16_t discovery_port = 0;
    FaultScript faults{all_cues()};
};

void bind(bridge::Options& options, Settings& settings) {
    options.add("devsim", "listen", settings.listen, "address to listen at; 0.0.0.0 for all");
    options.add("devsim", "port", settings.port, "TCP port; 0: the system chooses one");
    options.add("devsim", "port_file", settings.port_file, "file to write the port into once it listens");
    options.add(
        "devsim", "modbus_port", settings.modbus_port,
        "TCP port of the Smart Home Interface, which firmware from V3.90.1 has; 0: the system chooses one");
    options.add("devsim", "modbus_port_file", settings.modbus_port_file,
                "file to write that port into once it listens");
    options.add("devsim", "seed", settings.seed, "everything random follows from it");
    options.add("devsim", "speed", settings.speed, "device time over real time").range(0.001, 10'000);
    options.add("devsim", "firmware", settings.make.firmware, "version, up to ten characters");
    options.add("devsim", "parameters", settings.parameters, "number of parameters").range(0, 10'000);
    options.add("devsim", "calculations", settings.calculations, "number of calculations").range(0, 10'000);
    options.add("devsim", "visibilities", settings.visibilities, "number of visibilities").range(0, 10'000);
    options.add("devsim", "clock", settings.clock,
                "time of the house at the start, in unix seconds; it makes season and hour; 0: now");
    options.add_choice<HeatSource>("devsim", "source", settings.source,
                                   "where its heat comes from: brine, or air, which freezes on",
                                   {{"brine", HeatSource::brine}, {"air", HeatSource::air}});
    options
        .add("devsim", "meter_step", settings.meter_step,
             "so often its electric counters go on, in device time; of some controllers two hours are "
             "reported")
        .range(10, 86400);
    options.add("devsim", "discovery_port", settings.discovery_port,
                "UDP port where it answers searches, which a controller has at 4444; 0: none");
}

/// Whoever waits for the file must never find it half written.
Result<> write_port(std::string const& path, std::uint16_t port) {
    if (path.empty()) return {};
    std::string const fresh = path + ".new";
    std::ofstream file(fresh);
    file << port << '\n' << std::flush;
    std::error_code failed;
    if (file) std::filesystem::rename(fresh, path, failed);
    if (!file || failed) return Error{Errc::config, fmt::format("cannot write the port into {}", path)};
    return {};
}

/// Firmware that has none is served without: nothing listens then.
Result<std::unique_ptr<LuxtronikModbus>> open_smart_home(Settings const& settings, asio::any_io_executor loop,
                                                         LuxtronikModbus::Device device, bridge::Log log) {
    auto const release = luxtronik_release(settings.make.firmware);
    if (!release || *release < LuxtronikRegisters::first_release) return std::unique_ptr<LuxtronikModbus>();
    device.registers = LuxtronikRegisters(*release);
    auto opened =
        LuxtronikModbus::open(std::move(loop), settings.listen, settings.modbus_port, std::move(device), log);
    if (!opened) return opened;
    auto const written = write_port(settings.modbus_port_file, (*opened)->port());
    if (!written) return written.error();
    return opened;
}

LuxtronikMake make_of(Settings const& settings) {
    LuxtronikMake make = settings.make;
    make.parameters = settings.parameters;
    make.calculations = settings.calculations;
    make.visibilities = settings.visibilities;
    if (settings.source == HeatSource::air) make.heat_pump_type = 20;
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

/// Null: it answers no search.
Result<std::unique_ptr<LuxtronikAnnouncer>> announce(Settings const& settings, asio::io_context& loop,
                                                     std::uint16_t tcp_port,
                                                     std::function<DeviceTime()> time) {
    if (settings.discovery_port == 0) return std::unique_ptr<LuxtronikAnnouncer>();
    auto const now = [&settings, tcp_port, time = std::move(time)] {
        Cue const* const fault = settings.faults.lasting("discovery", time());
        return LuxtronikAnnouncement{tcp_port, fault ? fault->value : ""};
    };
    // On the loopback alone where it is reached there alone.
    bool const is_local = settings.listen.starts_with("127.");
    return LuxtronikAnnouncer::open(loop.get_executor(), is_local ? "127.255.255.255" : "0.0.0.0",
                                    settings.discovery_port, now);
}

Result<> simulate(Settings const& settings, asio::io_context& loop) {
    bridge::Log const log;
    LuxtronikMake const make = make_of(settings);
    House house(make.clock, settings.seed, settings.source, settings.meter_step);
    auto const start = Clock::now();
    auto const time = [&]() -> DeviceTime { return (Clock::now() - start) * settings.speed; };
    LuxtronikWrites writes;
    LuxtronikRegisters overrides({});
    auto const release = luxtronik_release(make.firmware);
    bool const moved = release && *release >= LuxtronikRegisters::first_release;
    auto const house_now = [&]() -> HouseState const& {
        auto const now = time();
        // Until now it went by what was wanted before.
        (void)house.at(now);
        house.want(luxtronik_wishes(writes.shown(now), moved ? 105 : 2, overrides));
        return house.at(now);
    };
    auto const lists = [&] {
        auto all = luxtronik_lists(make, house_now(), time());
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
    auto const announcer = announce(settings, loop, (*server)->port(), [&] { return time(); });
    if (!announcer) return announcer.error();
    LuxtronikModbus::Device smart_home{LuxtronikRegisters({}), house_now, time,
                                       [&] { return modbus_faults(settings.faults, time()); },
                                       [&](LuxtronikRegisters const& now) { overrides = now; }};
    auto const modbus = open_smart_home(settings, loop.get_executor(), std::move(smart_home), log);
    if (!modbus) return modbus.error();
    auto const written = write_port(settings.port_file, (*server)->port());
    if (!written) return written;
    fmt::print("{}\n", (*server)->port());
    if (*modbus) fmt::print("{}\n", (*modbus)->port());
    std::fflush(stdout);
    log.info("luxtronik", "listening", {{"port", std::int64_t{(*server)->port()}}});
    if (*modbus) log.info("smart_home", "listening", {{"port", std::int64_t{(*modbus)->port()}}});
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
        "A Luxtronik 2 controller of a heat pump with cooling: its binary interface, and from "
        "firmware V3.90.1 on its Smart Home Interface (Modbus TCP), until SIGTERM or SIGINT. Prints its "
        "ports.";
    simulator.bind = [&settings](bridge::Options& options) { bind(options, settings); };
    simulator.more_help = FaultScript(all_cues()).help();
    simulator.set_faults = [&settings](std::string_view script) { return settings.faults.parse(script); };
    simulator.simulate = [&settings](asio::io_context& loop) { return simulate(settings, loop); };
    return run_simulator(simulator, arguments);
}

}  // namespace devsim
