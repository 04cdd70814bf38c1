// SPDX-License-Identifier: MIT
#include "isems.hpp"

#include <bridge/log.hpp>
#include <bridge/settings.hpp>

#include "isems_node.hpp"
#include "isems_web.hpp"
#include "simulator.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

namespace devsim {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;
using Connection = std::shared_ptr<boost::beast::tcp_stream>;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto tick = std::chrono::milliseconds(20);
constexpr auto request_deadline = std::chrono::seconds(5);
constexpr auto silence = std::chrono::minutes(10);
constexpr auto trickle_pace = std::chrono::seconds(1);
/// Dates have whole seconds, so lines cannot come faster.
constexpr auto shortest_line_period = std::chrono::seconds(1);
constexpr std::size_t longest_request = 8192;

enum class Mix { mixed, router, esp32_2020, esp32_2021 };

struct Settings {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 0;
    std::uint16_t nodes = 5;
    Mix generation = Mix::mixed;
    std::uint64_t seed = 1;
    double speed = 1;
    std::chrono::milliseconds time_of_day = std::chrono::hours(10);
    std::uint16_t history = 3;
    std::vector<FaultScript> faults;  ///< of each node
};

void bind(bridge::Options& options, Settings& settings) {
    options.add("devsim", "listen", settings.listen, "address to listen at; 0.0.0.0 for all");
    options.add("devsim", "port", settings.port,
                "port of the first node, the others have the next ones; 0: the system chooses each");
    options.add("devsim", "nodes", settings.nodes, "how many").range(1, 1000);
    options.add_choice(
        "devsim", "generation", settings.generation,
        "what the nodes are: a router (a line a minute, log at /ISEMS/ffopenmppt.log), an ESP32 of "
        "2020 (every 15 s, at any path with .log) or of 2021 (at /csv.log); mixed: each kind in "
        "turn",
        {{"mixed", Mix::mixed},
         {"router", Mix::router},
         {"esp32-2020", Mix::esp32_2020},
         {"esp32-2021", Mix::esp32_2021}});
    options.add("devsim", "seed", settings.seed, "everything random follows from it");
    options
        .add("devsim", "speed", settings.speed,
             "device time over real time: how fast the sun moves and lines come; lines are dated by the real "
             "clock, so not more than one a second")
        .range(0.01, 10'000);
    options
        .add("devsim", "time_of_day", settings.time_of_day,
             "since midnight, at the start: the sun shines from 6h to 18h")
        .range(0, 86'400);
    options.add("devsim", "history", settings.history, "lines in the log at the start").range(0, 3660);
}

constexpr std::string_view nodes_help =
    "Of which nodes: NODES:FAULTS, where NODES is 3, 2-5 or all (the default); groups are separated by `;`:\n"
    "  --fault '1-5:dead@0+1d;6:html@0+1d;all:odd=5%@0+1h'\n"
    "\n"
    "The first line on standard output is what isems2mqtt takes as --router-ips.\n";

NodeGeneration generation_of(Mix mix, std::size_t number) {
    switch (mix) {
        case Mix::router:
            return NodeGeneration::router;
        case Mix::esp32_2020:
            return NodeGeneration::esp32_2020;
        case Mix::esp32_2021:
            return NodeGeneration::esp32_2021;
        case Mix::mixed:
            break;
    }
    constexpr std::array<NodeGeneration, 3> turn = {NodeGeneration::esp32_2021, NodeGeneration::esp32_2020,
                                                    NodeGeneration::router};
    return turn[(number - 1) % turn.size()];
}

/// Node `number`, from 1. Each third has a name that needs care, each fourth a battery that is too small.
SolarNode make_node(Settings const& settings, std::size_t number) {
    Random random(settings.seed * 1000 + number);
    SolarNode::Plan plan;
    plan.id = fmt::format("{}-{:02}", number % 3 == 0 ? "Gr\u00fcndach" : "solar", number);
    plan.generation = generation_of(settings.generation, number);
    plan.battery_ah = number % 4 == 0 ? 2 : 17;
    plan.panel_w = number % 2 == 0 ? 50 : 100;
    plan.load_w = 2 + random.unit();
    plan.latitude = 52.4 + 0.2 * random.unit();
    plan.longitude = 13.2 + 0.4 * random.unit();
    return {std::move(plan), settings.time_of_day, random.next()};
}

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// One node at its port, in its own time. Lives as long as the loop runs.
class NodeServer {
  public:
    NodeServer(asio::io_context& loop, Settings const& settings, std::size_t number, FaultScript& faults)
        : speed_(settings.speed),
          node_(make_node(settings, number)),
          faults_(faults),
          random_(settings.seed * 1000 + number),
          loop_(loop),
          holder_(loop),
          acceptor_(loop),
          timer_(loop),
          start_(Clock::now()) {
        remember(settings.history);
    }

    /// Takes its port, for good: nobody else gets it while the node is dead.
    [[nodiscard]] Result<> open(std::string const& host, std::uint16_t port) {
        boost::system::error_code failed;
        auto const address = asio::ip::make_address(host, failed);
        if (failed) return Error{Errc::config, "--listen must be an address"};
        (void)holder_.open(address.is_v6() ? tcp::v6() : tcp::v4(), failed);
        if (!failed) (void)holder_.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed) (void)holder_.bind({address, port}, failed);
        if (!failed) endpoint_ = holder_.local_endpoint(failed);
        if (failed) return Error{Errc::io, fmt::format("cannot have port {}: {}", port, failed.message())};
        return {};
    }

    [[nodiscard]] std::uint16_t port() const { return endpoint_.port(); }

    asio::awaitable<void> run() {
        for (;;) {
            live();
            timer_.expires_after(tick);
            co_await timer_.async_wait(token);
        }
    }

  private:
    [[nodiscard]] DeviceTime time() const { return (Clock::now() - start_) * speed_; }

    [[nodiscard]] Clock::duration period() const {
        auto const scaled = std::chrono::duration<double>(line_period(node_.plan().generation) / speed_);
        return std::max(std::chrono::duration_cast<Clock::duration>(scaled),
                        Clock::duration(shortest_line_period));
    }

    /// The lines that were there before the start.
    void remember(std::size_t lines) {
        auto const seconds = std::chrono::ceil<std::chrono::seconds>(period()).count();
        for (std::size_t back = lines; back > 0; --back)
            node_.measure(unix_seconds() - static_cast<std::int64_t>(back) * seconds,
                          {faults_.lasting("old", {}) == nullptr, false});
        next_line_ = Clock::now();
    }

    void live() {
        auto const now = time();
        node_.advance(now);
        while (Clock::now() >= next_line_) {
            next_line_ += period();
            if (node_.awake()) measure(now);
        }
        bool const reachable = node_.awake() && !faults_.lasting("dead", now);
        if (reachable && !acceptor_.is_open()) listen();
        boost::system::error_code ignored;
        if (!reachable && acceptor_.is_open()) (void)acceptor_.close(ignored);
    }

    void measure(DeviceTime now) {
        LineForm const form{faults_.lasting("old", now) == nullptr, faults_.hits_line("odd", now, random_)};
        last_date_ = std::max(last_date_ + 1, unix_seconds());
        node_.measure(line_date(faults_, now, last_date_), form);
    }

    void listen() {
        boost::system::error_code failed;
        (void)acceptor_.open(endpoint_.protocol(), failed);
        if (!failed) (void)acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed) (void)acceptor_.bind(endpoint_, failed);
        if (!failed) (void)acceptor_.listen(asio::socket_base::max_listen_connections, failed);
        boost::system::error_code ignored;
        if (failed) {
            (void)acceptor_.close(ignored);
            return;
        }
        accept();
    }

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
            if (failed) return;
            asio::co_spawn(loop_, serve(std::make_shared<boost::beast::tcp_stream>(std::move(socket))),
                           asio::detached);
            accept();
        });
    }

    asio::awaitable<void> serve(Connection connection) {
        std::string request;
        auto into = asio::dynamic_buffer(request, longest_request);
        connection->expires_after(request_deadline);
        auto [unread, size] = co_await asio::async_read_until(*connection, into, "\r\n\r\n", token);
        if (unread) co_return;
        connection->expires_after(silence);
        if (faults_.lasting("silent", time())) {
            char byte{};
            co_await connection->async_read_some(asio::buffer(&byte, 1), token);
            co_return;
        }
        std::string const bytes = answer(request);
        std::size_t const piece = faults_.lasting("trickle", time()) ? 1 : bytes.size();
        for (std::size_t sent = 0; sent < bytes.size(); sent += piece) {
            if (sent > 0) {
                asio::steady_timer pause(loop_, trickle_pace);
                co_await pause.async_wait(token);
            }
            auto [unsent, count] =
                co_await asio::async_write(*connection, asio::buffer(bytes.data() + sent, piece), token);
            if (unsent) co_return;
        }
    }

    [[nodiscard]] std::string answer(std::string const& request) {
        auto const now = time();
        if (faults_.lasting("denied", now)) return isems_denial();
        if (faults_.lasting("html", now)) return isems_web_page(node_.plan().id);
        std::string log = faults_.lasting("zero", now) ? node_.zero_line() : node_.log();
        if (faults_.lasting("torn", now)) log = torn_log(std::move(log), random_);
        return isems_answer(node_.plan().generation, request, log);
    }

    double speed_;
    SolarNode node_;
    FaultScript& faults_;
    Random random_;
    asio::io_context& loop_;
    tcp::acceptor holder_;
    tcp::acceptor acceptor_;
    asio::steady_timer timer_;
    tcp::endpoint endpoint_;
    Clock::time_point start_;
    Clock::time_point next_line_;
    std::int64_t last_date_ = 0;
};

Result<> simulate(Settings& settings, asio::io_context& loop) {
    std::vector<std::unique_ptr<NodeServer>> servers;
    std::string addresses;
    for (std::size_t number = 1; number <= settings.nodes; ++number) {
        auto& server = *servers.emplace_back(
            std::make_unique<NodeServer>(loop, settings, number, settings.faults[number - 1]));
        auto const port = settings.port == 0 ? 0 : static_cast<std::uint16_t>(settings.port + number - 1);
        auto const opened = server.open(settings.listen, static_cast<std::uint16_t>(port));
        if (!opened) return opened;
        addresses +=
            fmt::format("{}node-{:02}={}:{}", number == 1 ? "" : ",", number, settings.listen, server.port());
        asio::co_spawn(loop, server.run(), asio::detached);
    }
    // Every node listens by then.
    loop.poll();
    fmt::print("{}\n", addresses);
    std::fflush(stdout);
    bridge::Log const log;
    log.info("isems", "running", {{"nodes", std::int64_t{settings.nodes}}});
    loop.run();
    log.info("isems", "stopped");
    return {};
}

Result<> set_faults(Settings& settings, std::string_view text) {
    auto scripts = isems_faults(text, settings.nodes);
    if (!scripts) return scripts.error();
    // In place: the nodes look at them.
    settings.faults.resize(settings.nodes, FaultScript(isems_cues()));
    std::move(scripts->begin(), scripts->end(), settings.faults.begin());
    return {};
}

/// Settings that are each right, and wrong together.
Result<> check(Settings const& settings) {
    if (settings.port != 0 && settings.port + settings.nodes - 1 > 65535)
        return Error{Errc::config, "--port and --nodes: there are not so many ports"};
    return {};
}

}  // namespace

int run_isems(std::vector<std::string> const& arguments) {
    Settings settings;
    Simulator simulator;
    simulator.kind = "isems";
    simulator.description =
        "Solar nodes of the Independent Solar Energy Mesh with their web servers, until SIGTERM or SIGINT.";
    simulator.bind = [&settings](bridge::Options& options) { bind(options, settings); };
    simulator.more_help = fmt::format("{}\n{}", FaultScript(isems_cues()).help(), nodes_help);
    simulator.set_faults = [&settings](std::string_view text) { return set_faults(settings, text); };
    simulator.check = [&settings] { return check(settings); };
    simulator.simulate = [&settings](asio::io_context& loop) { return simulate(settings, loop); };
    return run_simulator(simulator, arguments);
}

}  // namespace devsim
