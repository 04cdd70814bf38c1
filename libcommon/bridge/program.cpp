// SPDX-License-Identifier: MIT
#include <bridge/program.hpp>

#include <fmt/format.h>

#include <openssl/crypto.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>

namespace bridge {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// GET /healthz of the program that listens at `address`: 0 if it answers 200 in time, else 1.
asio::awaitable<void> ask_health(ListenAddress address, int& exit_code) {
    auto executor = co_await asio::this_coro::executor;
    boost::beast::tcp_stream stream(executor);
    stream.expires_after(std::chrono::seconds(5));
    // An address for all interfaces is asked on this machine's own.
    bool const any = address.host == "::" || address.host == "0.0.0.0";
    asio::ip::tcp::endpoint endpoint(asio::ip::make_address(any ? "127.0.0.1" : address.host), address.port);
    auto [unreachable] = co_await stream.async_connect(endpoint, token);
    if (unreachable) co_return;
    http::request<http::empty_body> request(http::verb::get, "/healthz", 11);
    request.set(http::field::host, "localhost");
    auto [unsent, sent] = co_await http::async_write(stream, request, token);
    if (unsent) co_return;
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    auto [unread, read] = co_await http::async_read(stream, buffer, response, token);
    if (!unread && response.result() == http::status::ok) exit_code = 0;
}

int healthcheck(std::optional<ListenAddress> const& address) {
    if (!address) {
        fmt::print(stderr, "--healthcheck asks over HTTP, and [http] listen is off\n");
        return 1;
    }
    int exit_code = 1;
    asio::io_context loop(1);
    asio::co_spawn(loop, ask_health(*address, exit_code), asio::detached);
    loop.run();
    return exit_code;
}

asio::awaitable<HttpResponse> at_once(HttpResponse response) { co_return response; }

}  // namespace

void ProgramSettings::bind(Options& options, ProgramSettings& settings, std::string listen) {
    MqttSettings::bind(options, settings.mqtt);
    settings.http_listen = std::move(listen);
    options.add("http", "listen", settings.http_listen, "address for health and metrics, host:port, or off")
        .check([](std::string_view text) -> Result<> {
            if (text == "off" || parse_listen_address(text)) return {};
            return Error{Errc::config, "must be ADDRESS:PORT with a numeric address, or off"};
        });
    options.add_choice<LogLevel>("log", "level", settings.log_level, "least important lines to write",
                                 {{"error", LogLevel::error},
                                  {"warn", LogLevel::warn},
                                  {"info", LogLevel::info},
                                  {"debug", LogLevel::debug}});
    options.add_choice<LogFormat>(
        "log", "format", settings.log_format, "how lines look",
        {{"text", LogFormat::text}, {"json", LogFormat::json}, {"journald", LogFormat::journald}});
}

std::string ProgramSettings::client_id(std::string const& program) const {
    return mqtt.client_id.empty() ? program : mqtt.client_id + "-" + program;
}

Start start_program(Options& options, ProgramSettings const& settings, int argc, char** argv) {
    // A thread of Paho may end after main does. What OpenSSL has freed by then, as it does at an exit unless
    // told otherwise, that thread would free once more.
    (void)::OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    auto const mode = options.parse(std::vector<std::string>(argv + 1, argv + argc), process_environment());
    if (!mode) {
        fmt::print(stderr, "{}: {}\n", options.program(), mode.error().detail);
        return {2};
    }
    Log const log = settings.log();
    for (auto const& warning : options.warnings()) log.warn("settings", "retired", {{"detail", warning}});
    switch (*mode) {
        case Options::Mode::help:
            fmt::print("{}", options.help());
            return {0};
        case Options::Mode::version:
            fmt::print("{} {}\n", options.program(), version());
            return {0};
        case Options::Mode::check_config:
            fmt::print("The settings are right.\n");
            return {0};
        case Options::Mode::print_config:
            fmt::print("{}", options.to_toml());
            return {0};
        case Options::Mode::healthcheck:
            return {healthcheck(settings.listen_address())};
        case Options::Mode::check:
        case Options::Mode::run:
            break;
    }
    return {std::nullopt, *mode};
}

void serve_health(HttpServer& server, std::function<std::string()> metrics,
                  std::function<Readiness()> readiness, std::function<bool()> progress) {
    server.route("/healthz", [progress](HttpRequest) {
        return at_once(progress() ? HttpResponse{200, "text/plain", "ok\n"}
                                  : HttpResponse{503, "text/plain", "stuck\n"});
    });
    server.route("/readyz", [readiness](HttpRequest) {
        auto const now = readiness();
        return at_once(HttpResponse{now.ready ? 200U : 503U, "application/json", now.json + "\n"});
    });
    server.route("/metrics", [metrics](HttpRequest) {
        return at_once(HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics()});
    });
}

}  // namespace bridge
