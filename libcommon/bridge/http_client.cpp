// SPDX-License-Identifier: MIT
#include <bridge/http_client.hpp>

#include <bridge/settings.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

Error to_error(boost::system::error_code failed, std::string const& host) {
    auto const detail = host + ": " + failed.message();
    if (failed == beast::error::timeout) return Error{Errc::timed_out, host + ": no whole answer in time"};
    if (failed == http::error::body_limit)
        return Error{Errc::out_of_range, host + ": the answer is too large"};
    if (failed == http::error::partial_message || failed == http::error::end_of_stream ||
        failed == asio::error::connection_reset || failed == asio::error::eof) {
        return Error{Errc::closed, host + ": the answer was cut"};
    }
    if (failed.category() == http::make_error_code(http::error::bad_version).category()) {
        return Error{Errc::malformed, detail};
    }
    return Error{Errc::unreachable, detail};
}

http::request<http::empty_body> to_request(HttpGet const& get) {
    http::request<http::empty_body> request(http::verb::get, get.path, 11);
    request.set(http::field::host, get.port == 80 ? get.host : get.host + ":" + std::to_string(get.port));
    request.set(http::field::user_agent, "mqtt-bridges/" + std::string(version()));
    request.set(http::field::connection, "close");
    return request;
}

HttpReply to_reply(http::response<http::string_body>& response) {
    return {response.result_int(), std::string(response[http::field::content_type]),
            std::move(response.body())};
}

}  // namespace

asio::awaitable<Result<HttpReply>> http_get(HttpGet get) {
    auto executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver(executor);
    std::string port = std::to_string(get.port);
    auto [unresolved, addresses] = co_await resolver.async_resolve(get.host, port, token);
    if (unresolved) co_return Error{Errc::unreachable, get.host + ": " + unresolved.message()};
    beast::tcp_stream stream(executor);
    // Set once: it stands for the whole exchange, not for each step.
    stream.expires_after(get.deadline);
    auto [unreachable, address] = co_await stream.async_connect(addresses, token);
    if (unreachable) co_return to_error(unreachable, get.host);
    auto request = to_request(get);
    auto [unsent, sent] = co_await http::async_write(stream, request, token);
    if (unsent) co_return to_error(unsent, get.host);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(get.most_bytes);
    auto [unread, read] = co_await http::async_read(stream, buffer, parser, token);
    if (unread) co_return to_error(unread, get.host);
    auto response = parser.release();
    co_return to_reply(response);
}

}  // namespace bridge
