// SPDX-License-Identifier: MIT
#include <bridge/connection_diagnosis.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
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

std::string sentence(long reason, std::string const& host) {
    switch (reason) {
        case X509_V_OK:
            return {};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "the server's certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the server's certificate is not valid yet: check this host's clock";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the server's certificate is for another host name than " + host;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the server's certificate is self-signed and not in ca_file";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the server's certificate is from an authority that is not in ca_file";
        default:
            return std::string("the server's certificate is refused: ") +
                   X509_verify_cert_error_string(reason);
    }
}

constexpr auto no_answer_over_tls =
    "the server's certificate is right, but there was no answer to MQTT: does it ask for a client "
    "certificate?";

Diagnosis failed(std::string sentence) { return {std::move(sentence), false}; }
Diagnosis reached(std::string sentence) { return {std::move(sentence), true}; }

void expect_host(SSL* session, std::string const& host) {
    beast::error_code not_an_address;
    (void)asio::ip::make_address(host, not_an_address);
    if (not_an_address) {
        SSL_set1_host(session, host.c_str());
        // Servers of many names choose their certificate by this.
        SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    }
}

bool use_authorities(asio::ssl::context& context, std::string const& ca_file) {
    beast::error_code failed;
    if (ca_file.empty()) {
        context.set_default_verify_paths(failed);
    } else {
        context.load_verify_file(ca_file, failed);
    }
    return !failed;
}

}  // namespace

asio::awaitable<Diagnosis> diagnose_connection(DiagnosedServer server) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    bool const authorities = !server.tls || use_authorities(context, server.ca_file);
    if (!authorities) co_return failed("ca_file is not a file of PEM certificates");
    auto executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver(executor);
    std::string port = std::to_string(server.port);
    auto [unresolved, addresses] = co_await resolver.async_resolve(server.host, port, token);
    if (unresolved) co_return failed("the name is not known: " + unresolved.message());
    beast::ssl_stream<beast::tcp_stream> stream(executor, context);
    auto& socket = beast::get_lowest_layer(stream);
    socket.expires_after(std::chrono::seconds(5));
    auto [unreachable, address] = co_await socket.async_connect(addresses, token);
    if (unreachable) co_return failed(unreachable.message());
    if (!server.tls) co_return reached("connected, but there was no answer to MQTT");
    stream.set_verify_mode(asio::ssl::verify_peer);
    expect_host(stream.native_handle(), server.host);
    auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::client, token);
    if (!refused) co_return reached(no_answer_over_tls);
    std::string reason = sentence(SSL_get_verify_result(stream.native_handle()), server.host);
    co_return failed(reason.empty() ? "no TLS: " + refused.message() : reason);
}

}  // namespace bridge
