// SPDX-License-Identifier: MIT
#include <bridge/http_client.hpp>

#include <bridge/connect.hpp>
#include <bridge/settings.hpp>
#include <bridge/text.hpp>
#include <bridge/tls.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;
using Request = http::request<http::string_body>;

Error to_error(boost::system::error_code failed, std::string const& host) {
    auto const detail = host + ": " + failed.message();
    if (failed == beast::error::timeout) return Error{Errc::timed_out, host + ": no whole answer in time"};
    if (failed == http::error::body_limit)
        return Error{Errc::out_of_range, host + ": the answer is too large"};
    if (failed == http::error::partial_message || failed == http::error::end_of_stream ||
        failed == asio::error::connection_reset || failed == asio::error::eof ||
        failed == asio::error::broken_pipe || failed == asio::ssl::error::stream_truncated) {
        return Error{Errc::closed, host + ": the answer was cut"};
    }
    if (failed.category() == http::make_error_code(http::error::bad_version).category()) {
        return Error{Errc::malformed, detail};
    }
    return Error{Errc::unreachable, detail};
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

HttpReply to_reply(http::response<http::string_body>& response) {
    HttpReply reply{response.result_int(),
                    std::string(response[http::field::content_type]),
                    std::move(response.body()),
                    {}};
    for (auto const& header : response) reply.headers[lower(header.name_string())] = header.value();
    return reply;
}

constexpr std::uint16_t usual_port(bool tls) { return tls ? 443 : 80; }

/// What may stand in a request's first line.
bool is_path_character(char c) { return c > ' ' && c < '\x7f' && c != '#'; }

}  // namespace

std::optional<HttpUrl> parse_http_url(std::string_view text) {
    HttpUrl url;
    std::string const scheme = lower(text.substr(0, text.find("://")));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    url.tls = scheme == "https";
    text.remove_prefix(std::min(scheme.size() + 3, text.size()));
    auto const slash = std::min(text.find_first_of("/?"), text.size());
    if (slash < text.size()) url.path = text.substr(slash);
    if (url.path.starts_with('?')) url.path.insert(0, "/");
    std::string_view const server = text.substr(0, slash);
    auto const address = parse_address(server, usual_port(url.tls));
    if (!address || !std::ranges::all_of(url.path, is_path_character)) return std::nullopt;
    // In a URL an IPv6 address has brackets.
    if (address->host.find(':') != std::string::npos && !server.starts_with('[')) return std::nullopt;
    url.server = *address;
    return url;
}

std::string basic_authorization(std::string const& user, std::string const& password) {
    std::string const plain = user + ":" + password;
    std::string encoded(4 * ((plain.size() + 2) / 3) + 1, '\0');
    auto const size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<unsigned char const*>(plain.data()), static_cast<int>(plain.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

class HttpConnection::Impl {
  public:
    explicit Impl(HttpUrl server) : server_(std::move(server)) {}

    [[nodiscard]] bool is_open() const { return plain_ || secure_; }

    void close() {
        if (plain_) plain_->close();
        if (secure_) beast::get_lowest_layer(*secure_).close();
        plain_.reset();
        secure_.reset();
    }

    asio::awaitable<Result<HttpReply>> exchange(HttpCall call) {
        auto const until = std::chrono::steady_clock::now() + call.deadline;
        if (!is_open()) {
            auto const opened = co_await open(until);
            if (!opened) {
                close();
                co_return opened.error();
            }
        }
        auto request = to_request(call);
        auto talking = secure_ ? talk(secure_, std::move(request), call.most_bytes, until)
                               : talk(plain_, std::move(request), call.most_bytes, until);
        auto reply = co_await std::move(talking);
        co_return reply;
    }

  private:
    [[nodiscard]] std::string const& host() const { return server_.server.host; }

    [[nodiscard]] Request to_request(HttpCall& call) const {
        Request request(http::string_to_verb(call.method), call.path, 11);
        auto const& [name, port] = server_.server;
        auto const host = name.find(':') == std::string::npos ? name : "[" + name + "]";
        bool const usual = port == usual_port(server_.tls);
        request.set(http::field::host, usual ? host : host + ":" + std::to_string(port));
        request.set(http::field::user_agent, "mqtt-bridges/" + std::string(version()));
        for (auto const& [header, value] : call.headers) request.set(header, value);
        request.body() = std::move(call.body);
        request.prepare_payload();
        return request;
    }

    asio::awaitable<Result<>> open(std::chrono::steady_clock::time_point until) {
        auto executor = co_await asio::this_coro::executor;
        auto stream = std::make_shared<Plain>(executor);
        plain_ = stream;
        buffer_.clear();
        auto connecting = connect(*stream, server_.server, until);
        auto const connected = co_await std::move(connecting);
        if (!connected) co_return Error{connected.error().code, host() + ": " + connected.error().detail};
        if (plain_ != stream) co_return Error{Errc::closed, host() + ": closed"};
        if (!server_.tls) co_return Result<>();
        auto result = co_await shake_hands();
        co_return result;
    }

    asio::awaitable<Result<>> shake_hands() {
        context_.emplace(asio::ssl::context::tls_client);
        if (!tls::use_authorities(*context_, {}))
            co_return Error{Errc::io, "the certificates that this system trusts cannot be read"};
        auto stream = std::make_shared<Secure>(std::move(*plain_), *context_);
        plain_.reset();
        secure_ = stream;
        tls::expect_host(stream->native_handle(), host());
        auto [refused] = co_await stream->async_handshake(asio::ssl::stream_base::client, token);
        if (!refused) co_return Result<>();
        auto const why =
            tls::why_refused(stream->native_handle(), host(), "the certificates that this system trusts");
        if (why.empty()) co_return to_error(refused, host());
        co_return Error{Errc::config, host() + ": " + why};
    }

    /// Holds the stream, which `close` may let go of meanwhile.
    template <class Stream>
    asio::awaitable<Result<HttpReply>> talk(std::shared_ptr<Stream> stream, Request request,
                                            std::uint64_t most_bytes,
                                            std::chrono::steady_clock::time_point until) {
        // Set once: it stands for the whole exchange, not for each step.
        beast::get_lowest_layer(*stream).expires_at(until);
        auto [unsent, sent] = co_await http::async_write(*stream, request, token);
        // A server may refuse what it has not read to the end: its answer is there nevertheless.
        http::response_parser<http::string_body> parser;
        parser.body_limit(most_bytes);
        auto [unread, read] = co_await http::async_read(*stream, buffer_, parser, token);
        if (unread) {
            close();
            co_return to_error(unsent ? unsent : unread, host());
        }
        auto response = parser.release();
        if (!response.keep_alive()) close();
        co_return to_reply(response);
    }

    HttpUrl server_;
    std::optional<asio::ssl::context> context_;
    std::shared_ptr<Plain> plain_;
    std::shared_ptr<Secure> secure_;
    beast::flat_buffer buffer_;
};

HttpConnection::HttpConnection(HttpUrl server) : impl_(std::make_unique<Impl>(std::move(server))) {}
HttpConnection::~HttpConnection() = default;

asio::awaitable<Result<HttpReply>> HttpConnection::exchange(HttpCall call) {
    return impl_->exchange(std::move(call));
}
bool HttpConnection::is_open() const { return impl_->is_open(); }
void HttpConnection::close() { impl_->close(); }

asio::awaitable<Result<HttpReply>> http_get(HttpGet get) {
    HttpUrl server;
    server.server = std::move(get.server);
    HttpConnection connection(std::move(server));
    HttpCall call;
    call.path = std::move(get.path);
    call.headers.emplace_back("Connection", "close");
    call.deadline = get.deadline;
    call.most_bytes = get.most_bytes;
    auto exchanging = connection.exchange(std::move(call));
    co_return co_await std::move(exchanging);
}

}  // namespace bridge
