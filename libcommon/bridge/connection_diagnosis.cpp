// SPDX-License-Identifier: MIT
#include <bridge/connection_diagnosis.hpp>

#include <bridge/connect.hpp>
#include <bridge/tls.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr auto no_answer_over_tls =
    "the server's certificate is right, but there was no answer to MQTT: does it ask for a client "
    "certificate?";

Diagnosis failed(std::string sentence) { return {std::move(sentence), false}; }
Diagnosis reached(std::string sentence) { return {std::move(sentence), true}; }

}  // namespace

asio::awaitable<Diagnosis> diagnose_connection(DiagnosedServer server) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    bool const authorities = !server.tls || tls::use_authorities(context, server.ca_file);
    if (!authorities) co_return failed("ca_file is not a file of PEM certificates");
    auto executor = co_await asio::this_coro::executor;
    beast::ssl_stream<beast::tcp_stream> stream(executor, context);
    Address address{server.host, server.port};
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    auto connecting = connect(beast::get_lowest_layer(stream), std::move(address), until);
    auto const connected = co_await std::move(connecting);
    if (!connected) co_return failed(connected.error().detail);
    if (!server.tls) co_return reached("connected, but there was no answer to MQTT");
    tls::expect_host(stream.native_handle(), server.host);
    auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::client, token);
    if (!refused) co_return reached(no_answer_over_tls);
    std::string reason = tls::why_refused(stream.native_handle(), server.host, "ca_file");
    co_return failed(reason.empty() ? "no TLS: " + refused.message() : reason);
}

}  // namespace bridge
