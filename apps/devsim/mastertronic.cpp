// SPDX-License-Identifier: MIT
#include "mastertronic.hpp"

#include <bridge/log.hpp>
#include <bridge/settings.hpp>

#include "fault_script.hpp"
#include "mastertronic_database.hpp"
#include "mastertronic_tests.hpp"
#include "simulator.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <span>
#include <utility>

namespace devsim {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto request_deadline = std::chrono::seconds(10);
constexpr auto slow_step = std::chrono::milliseconds(100);
constexpr std::size_t slow_bytes = 100;

constexpr std::array<CueKind, 8> cues = {{
    {"torn", CueKind::Effect::span, "", "half a page of the dump is that of another"},
    {"truncated", CueKind::Effect::span, "", "the dump is half as long, and the answer says so"},
    {"flipped", CueKind::Effect::span, "", "five bits of the dump are wrong, others in each answer"},
    {"empty", CueKind::Effect::span, "", "the dump has 0 bytes"},
    {"html", CueKind::Effect::span, "", "a web page with status 200 instead of the dump"},
    {"missing", CueKind::Effect::span, "", "status 404"},
    {"slow", CueKind::Effect::span, "", "1000 bytes a second"},
    {"cut", CueKind::Effect::span, "", "the connection ends in the middle of the dump"},
}};

struct Settings {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::uint64_t seed = 1;
    double speed = 1;
    std::uint32_t days = 30;
    FaultScript faults{cues};
};

void bind(bridge::Options& options, Settings& settings) {
    options.add("devsim", "listen", settings.listen, "address to listen at; 0.0.0.0 for all")
        .check([](std::string_view text) -> Result<> {
            boost::system::error_code wrong;
            (void)asio::ip::make_address(std::string(text), wrong);
            if (!wrong) return {};
            return Error{Errc::config, "must be a numeric address"};
        });
    options.add("devsim", "port", settings.port, "TCP port; 0: chosen, and printed");
    options.add("devsim", "seed", settings.seed, "everything random follows from it");
    options
        .add("devsim", "speed", settings.speed,
             "device time over real time: at 1 there is a round of tests every 6 hours, at 600 every 36 s; "
             "their times are those of this machine's clock")
        .range(0.001, 10'000);
    options.add("devsim", "days", settings.days, "how much history the dump begins with").range(0, 4000);
}

/// The tank over time: fills the database as tests end.
class Tank {
  public:
    Tank(Settings const& settings, MastertronicDatabase database)
        : speed_(settings.speed), tests_(settings.seed), database_(std::move(database)) {
        start_unix_s_ =
            std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
        history_rounds_ = static_cast<std::int64_t>(settings.days) * 4;
    }

    /// Everything that has ended by now is in the database; returns the file.
    [[nodiscard]] Result<std::string> dump(DeviceTime now) {
        while (begins(next_round_) <= now) {
            for (auto& test : tests_.round(next_round_))
                running_.push_back({ends(next_round_, test), std::move(test)});
            ++next_round_;
        }
        while (!running_.empty() && running_.front().first <= now) {
            auto const added = add(running_.front());
            if (!added) return added.error();
            running_.pop_front();
        }
        return database_.bytes();
    }

  private:
    using Running = std::pair<DeviceTime, WaterTest>;

    /// The history is over when the device starts; the first round begins then.
    [[nodiscard]] DeviceTime begins(std::int64_t round) const {
        return static_cast<double>(round - history_rounds_) * WaterTests::between_rounds;
    }
    [[nodiscard]] DeviceTime ends(std::int64_t round, WaterTest const& test) const {
        return begins(round) + test.end + DeviceTime(60);
    }

    [[nodiscard]] Result<> add(Running& ended) {
        // What was before the start was at the pace of real time.
        double const since_start = ended.first.count() / (ended.first.count() < 0 ? 1 : speed_);
        ended.second.record_time = static_cast<std::int64_t>(start_unix_s_ + since_start);
        return database_.add(ended.second);
    }

    double speed_;
    WaterTests tests_;
    MastertronicDatabase database_;
    double start_unix_s_ = 0;
    std::int64_t history_rounds_ = 0;
    std::int64_t next_round_ = 0;
    std::deque<Running> running_;
};

/// Status line, header and body as they go out, and how.
struct Answer {
    std::string head;
    std::string body;
    bool slow = false;
};

Answer plain_answer(std::string_view status, std::string_view type, std::string body) {
    return {fmt::format("HTTP/1.1 {}\r\nServer: nginx\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
                        "Connection: close\r\n\r\n",
                        status, type, body.size()),
            std::move(body)};
}

/// The HTTP server. Lives as long as the loop runs.
class MastertronicServer {
  public:
    MastertronicServer(asio::io_context& loop, Settings const& settings, Tank tank, bridge::Log log)
        : settings_(settings),
          tank_(std::move(tank)),
          random_(settings.seed + 1),
          log_(log),
          acceptor_(loop) {}

    [[nodiscard]] Result<std::uint16_t> listen() {
        boost::system::error_code failed;
        tcp::endpoint const endpoint(asio::ip::make_address(settings_.listen, failed), settings_.port);
        if (!failed) (void)acceptor_.open(endpoint.protocol(), failed);
        if (!failed) (void)acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed) (void)acceptor_.bind(endpoint, failed);
        if (!failed) (void)acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
        if (failed) return Error{Errc::io, fmt::format("cannot listen: {}", failed.message())};
        return acceptor_.local_endpoint(failed).port();
    }

    asio::awaitable<void> serve() {
        for (;;) {
            auto [failed, socket] = co_await acceptor_.async_accept(token);
            if (failed) co_return;
            asio::co_spawn(acceptor_.get_executor(), converse(std::move(socket)), asio::detached);
        }
    }

  private:
    asio::awaitable<void> converse(tcp::socket socket) {
        beast::tcp_stream stream(std::move(socket));
        stream.expires_after(request_deadline);
        beast::flat_buffer buffer;
        http::request<http::string_body> request;
        auto [unread, read] = co_await http::async_read(stream, buffer, request, token);
        if (unread) co_return;
        Answer const answer = answer_to(request);
        log_.info("http", "asked",
                  {{"target", std::string_view(request.target().data(), request.target().size())},
                   {"bytes", static_cast<std::int64_t>(answer.body.size())}});
        stream.expires_never();
        auto [unsent, sent] = co_await asio::async_write(stream, asio::buffer(answer.head), token);
        std::string_view rest = answer.body;
        asio::steady_timer timer(acceptor_.get_executor());
        while (!unsent && !rest.empty()) {
            auto const step = answer.slow ? std::min(rest.size(), slow_bytes) : rest.size();
            auto [stopped, size] =
                co_await asio::async_write(stream, asio::buffer(rest.substr(0, step)), token);
            if (stopped) co_return;
            rest.remove_prefix(size);
            if (!answer.slow) continue;
            timer.expires_after(slow_step);
            co_await timer.async_wait(token);
        }
        boost::system::error_code ignored;
        (void)stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
    }

    [[nodiscard]] Answer answer_to(http::request<http::string_body> const& request) {
        DeviceTime const now = (Clock::now() - start_) * settings_.speed;
        if (request.target() != "/api/dump_file" || settings_.faults.lasting("missing", now)) {
            return plain_answer("404 Not Found", "text/html", "<html><h1>404 Not Found</h1></html>\n");
        }
        if (request.method() != http::verb::get) {
            return plain_answer("405 Method Not Allowed", "text/html", "<html><h1>405</h1></html>\n");
        }
        if (settings_.faults.lasting("html", now)) {
            return plain_answer("200 OK", "text/html",
                                "<!DOCTYPE html>\n<html><body>Mastertronic is starting</body></html>\n");
        }
        auto bytes = tank_.dump(now);
        if (!bytes)
            return plain_answer("500 Internal Server Error", "text/plain", bytes.error().detail + "\n");
        for (auto const& [name, kind] :
             {std::pair("torn", FileDamage::torn), std::pair("truncated", FileDamage::truncated),
              std::pair("flipped", FileDamage::flipped)}) {
            if (settings_.faults.lasting(name, now)) *bytes = damaged(kind, std::move(*bytes), random_);
        }
        if (settings_.faults.lasting("empty", now)) bytes->clear();
        Answer answer = plain_answer("200 OK", "application/octet-stream", std::move(*bytes));
        if (settings_.faults.lasting("cut", now)) answer.body.resize(answer.body.size() / 2);
        answer.slow = settings_.faults.lasting("slow", now) != nullptr;
        return answer;
    }

    Settings const& settings_;
    Tank tank_;
    Random random_;
    bridge::Log log_;
    tcp::acceptor acceptor_;
    Clock::time_point start_ = Clock::now();
};

Result<> simulate(Settings const& settings, asio::io_context& loop) {
    auto database = MastertronicDatabase::open(settings.seed);
    if (!database) return database.error();
    MastertronicServer server(loop, settings, Tank(settings, std::move(*database)), bridge::Log());
    auto const port = server.listen();
    if (!port) return port.error();
    fmt::print("http://{}:{}/api/dump_file\n", settings.listen, *port);
    std::fflush(stdout);
    asio::co_spawn(loop, server.serve(), asio::detached);
    loop.run();
    return {};
}

}  // namespace

int run_mastertronic(std::vector<std::string> const& arguments) {
    Settings settings;
    Simulator simulator;
    simulator.kind = "mastertronic";
    simulator.description =
        "A Mastertronic water tester's HTTP server with a made-up database, until SIGTERM or SIGINT. Its "
        "address is printed on standard output.";
    simulator.bind = [&settings](bridge::Options& options) { bind(options, settings); };
    simulator.more_help = settings.faults.help();
    simulator.set_faults = [&settings](std::string_view script) { return settings.faults.parse(script); };
    simulator.simulate = [&settings](asio::io_context& loop) { return simulate(settings, loop); };
    return run_simulator(simulator, arguments);
}

}  // namespace devsim
