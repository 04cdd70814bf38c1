// SPDX-License-Identifier: MIT
#include "mfm.hpp"

#include <bridge/log.hpp>
#include <bridge/settings.hpp>

#include "mfm_feed.hpp"
#include "pty.hpp"
#include "serial_server.hpp"
#include "simulator.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

namespace devsim {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

/// How much faster than real time device time passes; 0: as fast as the reader takes it.
struct Speed {
    double factor = 1;
    [[nodiscard]] bool paced() const { return factor > 0; }
};

Result<> read_setting(std::string_view text, Speed& speed) {
    auto const factor = text == "max" ? std::optional(0.0) : bridge::to_number<double>(text);
    if (!factor || !(*factor >= 0 && *factor <= 10'000)) {
        return Error{Errc::config, "must be a number from 0 to 10000, or max"};
    }
    speed.factor = *factor;
    return {};
}

std::string show_setting(Speed speed) {
    return speed.paced() ? bridge::show_setting(speed.factor) : bridge::show_setting(std::string("max"));
}

struct Settings {
    std::string link;
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::uint64_t seed = 1;
    Speed speed;
    Firmware firmware = Firmware::base_v1;
    std::uint16_t protocol = 1;
    Scenario scenario = Scenario::calm;
    double offset_mhz = 0;
    bool power_on = false;
    Detection detection = Detection::preset;
    FaultScript faults{mfm_cues()};
    std::uint64_t lines = 0;
    std::string truth;
};

void bind(bridge::Options& options, Settings& settings) {
    options.add("devsim", "link", settings.link, "path of the symbolic link to the terminal, as /tmp/mains");
    options.add("devsim", "port", settings.port,
                "instead of --link: TCP port to serve the board at, as a serial server does");
    options.add("devsim", "listen", settings.listen, "address of this port; 0.0.0.0 for all");
    options.add("devsim", "seed", settings.seed, "everything random follows from it");
    options.add("devsim", "speed", settings.speed,
                "device time over real time: 1 is real, 10 ten times as fast; 0 or max: without waiting, as "
                "fast as a reader takes it, and nothing is lost");
    options.add_choice("devsim", "firmware", settings.firmware,
                       "1: v1.0, a line every 0.36 s; 2: v2.0 extended, a line every 0.18 s",
                       {{"1", Firmware::base_v1}, {"2", Firmware::extended_v2}});
    options.add("devsim", "protocol", settings.protocol, "format of the lines, 1 to 4; firmware 1 has only 1")
        .range(1, 4);
    options.add_choice(
        "devsim", "scenario", settings.scenario,
        "what the grid does: calm (50 Hz, sigma 20 mHz), steady (50 Hz exactly), ramp (+-200 mHz "
        "at 20 mHz/s), step (-1 Hz from 30 s to 90 s), split2021 (8 January 2021 from 30 s on), "
        "shedding (load shedding, down to 48.35 Hz), na60 (60 Hz)",
        {{"calm", Scenario::calm},
         {"steady", Scenario::steady},
         {"ramp", Scenario::ramp},
         {"step", Scenario::step},
         {"split2021", Scenario::split2021},
         {"shedding", Scenario::shedding},
         {"na60", Scenario::na60}});
    options.add("devsim", "offset_mhz", settings.offset_mhz, "added to the grid's frequency, in mHz")
        .range(-3000, 3000);
    options.add("devsim", "power_on", settings.power_on,
                "begin with the start of the board: banner, then the ramp down from 65476 mHz");
    options.add_choice(
        "devsim", "detection", settings.detection,
        "how a starting board learns the nominal frequency: preset (then it ramps) or automatic "
        "(then it ramps at 60 Hz only)",
        {{"preset", Detection::preset}, {"automatic", Detection::automatic}});
    options.add("devsim", "lines", settings.lines,
                "fall silent after so many readings were sent, the port stays open; 0: never");
    options.add("devsim", "truth", settings.truth, "file to append what was really sent to, see below");
}

constexpr std::string_view truth_help =
    "Truth: one line for each that was wholly written to the port (banners and error texts count as "
    "one):\n"
    "  DEVICE_TIME_S PROTOCOL MHZ intact|joined|damaged     a reading that the board sent\n"
    "  DEVICE_TIME_S PROTOCOL - other                       a banner or an error text\n"
    "intact: alone between line ends. joined: unchanged, but its line end is lost or something stands before "
    "it\n"
    "on its line (BEL, the rest of a cut line); it may be read, but only as this value. damaged: not to be "
    "read.\n"
    "What was written when the reader closed the port or the cable was pulled may not have been read.\n"
    "\n"
    "While no program has the port open, lines are lost, as on a real cable; also when a reader is too slow\n"
    "(the kernel keeps some KiB). At --speed max a line waits for a reader and for room instead.\n";

/// Settings that are each right, and wrong together.
Result<> check(Settings const& settings) {
    if (settings.link.empty() == (settings.port == 0)) {
        return Error{Errc::config,
                     "--link PATH is needed, where the terminal is to appear, or --port N; not both"};
    }
    if (settings.firmware == Firmware::base_v1 && settings.protocol != 1) {
        return Error{Errc::config, "--firmware 1 has only --protocol 1"};
    }
    return {};
}

Result<> set_faults(Settings& settings, std::string_view script) {
    auto const parsed = settings.faults.parse(script);
    if (!parsed) return parsed;
    if (settings.firmware == Firmware::base_v1 && settings.faults.mentions("protocol")) {
        return Error{Errc::config, "protocol needs --firmware 2"};
    }
    return {};
}

MfmFeed make_feed(Settings& settings) {
    Grid grid(settings.scenario, settings.offset_mhz, settings.seed);
    MfmBoard board(MfmBoard::Settings{settings.firmware, settings.protocol, grid.nominal_hz(),
                                      settings.detection, !settings.power_on});
    return {std::move(board), std::move(grid), settings.faults, settings.seed + 1};
}

/// Sends the feed through the port in its own time. Lives as long as the loop runs.
template <class Port>
class MfmSimulator {
  public:
    MfmSimulator(asio::io_context& loop, Settings& settings, Port port, std::ofstream truth, bridge::Log log)
        : settings_(settings),
          feed_(make_feed(settings)),
          port_(std::move(port)),
          truth_(std::move(truth)),
          log_(log),
          timer_(loop) {}

    /// Ends only with an error.
    asio::awaitable<Result<>> run() {
        start_ = Clock::now();
        while (settings_.lines == 0 || readings_sent_ < settings_.lines) {
            Transmission const line = feed_.next();
            Result<> const waited = co_await wait_until(line.time);
            if (!waited) co_return waited.error();
            bool const alone = after_line_end_;
            std::size_t const sent = co_await send(line.bytes);
            if (sent > 0) after_line_end_ = line.bytes[sent - 1] == '\n';
            if (sent < line.bytes.size()) {
                ++dropped_;
                continue;
            }
            if (line.millihertz) ++readings_sent_;
            if (settings_.truth.empty()) continue;
            truth_ << truth_line(line, alone) << std::flush;
            if (!truth_) co_return Error{Errc::io, fmt::format("cannot write {}", settings_.truth)};
        }
        log_.info("mfm", "all lines sent", {{"readings", count(readings_sent_)}});
        for (;;) {
            Result<> const tended = port_.tend();
            if (!tended) co_return tended.error();
            co_await pause(tick);
        }
    }

    void log_totals() const {
        log_.info("mfm", "stopped", {{"readings", count(readings_sent_)}, {"dropped", count(dropped_)}});
    }

  private:
    /// How often the port is tended while nothing is sent.
    static constexpr std::chrono::milliseconds tick{10};
    /// At full speed, what a pulled cable lasts at either end: time to read what is on its way, and to
    /// notice.
    static constexpr std::chrono::milliseconds unpaced_pull{100};
    static constexpr std::chrono::milliseconds retry_room{1};

    static std::int64_t count(std::uint64_t number) { return static_cast<std::int64_t>(number); }

    asio::awaitable<void> pause(Clock::duration duration) {
        timer_.expires_after(duration);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    asio::awaitable<Result<>> wait_until(DeviceTime time) {
        // When there is nothing to wait for, signals must still have their turn.
        co_await asio::post(timer_.get_executor(), asio::use_awaitable);
        if (!settings_.speed.paced()) {
            if (feed_.plugged(time) != port_.plugged()) co_await pause(unpaced_pull);
            co_return keep_port(time);
        }
        for (;;) {
            DeviceTime const now = (Clock::now() - start_) * settings_.speed.factor;
            Result<> const kept = keep_port(std::min(now, time));
            if (!kept || now >= time) co_return kept;
            auto const left = std::chrono::ceil<Clock::duration>((time - now) / settings_.speed.factor);
            co_await pause(std::min<Clock::duration>(left, tick));
        }
    }

    /// Cable and terminal as they are to be at this time.
    Result<> keep_port(DeviceTime time) {
        if (!feed_.plugged(time)) {
            if (port_.plugged()) {
                port_.unplug();
                reader_ = false;
                after_line_end_ = true;
                log_.info("port", "unplugged");
            }
            return {};
        }
        if (!port_.plugged()) {
            Result<> const plugged = port_.plug();
            if (plugged) log_.info("port", "plugged in", {{"place", port_.place()}});
            return plugged;
        }
        Result<> const tended = port_.tend();
        if (port_.has_reader() != reader_) {
            reader_ = !reader_;
            // What the last reader left unread is thrown away, unless nothing may be lost.
            if (!reader_ && settings_.speed.paced()) after_line_end_ = true;
            log_.info("port", reader_ ? "reader came" : "reader went");
        }
        return tended;
    }

    /// How many of the bytes went out; unpaced, all of them, unless the cable is pulled.
    asio::awaitable<std::size_t> send(std::string_view bytes) {
        std::size_t sent = port_.write(bytes);
        while (!settings_.speed.paced() && port_.plugged() && sent < bytes.size()) {
            co_await pause(retry_room);
            sent += port_.write(bytes.substr(sent));
        }
        co_return sent;
    }

    Settings const& settings_;
    MfmFeed feed_;
    Port port_;
    std::ofstream truth_;
    bridge::Log log_;
    asio::steady_timer timer_;
    Clock::time_point start_;
    bool reader_ = false;
    bool after_line_end_ = true;
    std::uint64_t readings_sent_ = 0;
    std::uint64_t dropped_ = 0;
};

template <class Port>
Result<> simulate(Settings& settings, asio::io_context& loop, Result<Port> port, std::ofstream truth) {
    if (!port) return port.error();
    bridge::Log const log;
    log.info("port", "plugged in", {{"place", port->place()}});
    MfmSimulator<Port> simulator(loop, settings, std::move(*port), std::move(truth), log);
    Result<> life;
    asio::co_spawn(loop, simulator.run(), [&](std::exception_ptr thrown, Result<> ended) {
        if (thrown) std::rethrow_exception(thrown);
        life = std::move(ended);
        loop.stop();
    });
    loop.run();
    simulator.log_totals();
    return life;
}

Result<> simulate(Settings& settings, asio::io_context& loop) {
    std::ofstream truth;
    if (!settings.truth.empty()) {
        truth.open(settings.truth, std::ios::app);
        if (!truth) return Error{Errc::config, fmt::format("--truth: cannot write {}", settings.truth)};
    }
    if (settings.port != 0) {
        return simulate(settings, loop, SerialServer::open(settings.listen, settings.port), std::move(truth));
    }
    auto const delivery = settings.speed.paced() ? PtyPort::Delivery::lossy : PtyPort::Delivery::lossless;
    return simulate(settings, loop, PtyPort::open(settings.link, delivery), std::move(truth));
}

}  // namespace

int run_mfm(std::vector<std::string> const& arguments) {
    Settings settings;
    Simulator simulator;
    simulator.kind = "mfm";
    simulator.description =
        "A mains frequency board (foorschtbar/mains-frequency-measure, firmware 1.0 or 2.0) on a pseudo "
        "terminal or a serial server's port, until SIGTERM or SIGINT.";
    simulator.bind = [&settings](bridge::Options& options) { bind(options, settings); };
    simulator.more_help = fmt::format("{}\n{}", FaultScript(mfm_cues()).help(), truth_help);
    simulator.set_faults = [&settings](std::string_view script) { return set_faults(settings, script); };
    simulator.check = [&settings] { return check(settings); };
    simulator.simulate = [&settings](asio::io_context& loop) { return simulate(settings, loop); };
    return run_simulator(simulator, arguments);
}

}  // namespace devsim
