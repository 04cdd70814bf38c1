// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

/// Names and values, decoded, as a query or a form has them one after the other.
using HttpForm = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method;                               ///< `GET`
    std::string path;                                 ///< decoded, without the query: `/api/v1/query`
    HttpForm query;                                   ///< in the order of the request
    std::map<std::string, std::string> headers = {};  ///< by name in small letters; of several the first
    std::string body = {};

    /// Empty where there is none. `name` in small letters.
    [[nodiscard]] std::string header(std::string const& name) const;
};

/// `a=1&b=x+y`, decoded; nothing where a % escape is broken.
[[nodiscard]] std::optional<HttpForm> parse_form(std::string_view text);
/// The first value of this name; null if there is none.
[[nodiscard]] std::string const* find_value(HttpForm const& form, std::string_view name);

/// A body that goes on: each call gives the next piece, asked for once the last one is sent; an empty one
/// ends it. After an error the connection is broken off, so that nobody takes what came for the whole. A call
/// that waits is cancelled (as Asio cancels) when the client is gone or the server stops, and what the
/// function holds is freed with the connection.
using HttpBody = std::function<boost::asio::awaitable<Result<std::string>>()>;

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    HttpBody more = {};                 ///< instead of `body`; sent chunked
    std::chrono::milliseconds delay{};  ///< before it is sent: for who guesses
};

/// `{"error":"..."}` with the status.
[[nodiscard]] HttpResponse http_error(unsigned status, std::string const& sentence);

/// Answers one request, on the loop.
using HttpHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

/// `host:port`, `[v6]:port` or `:port` (all addresses); port 0 lets the system choose.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);
/// True if only this machine can reach it.
[[nodiscard]] bool is_loopback(ListenAddress const& address);

/// HTTP/1.1 for the loop's own small answers: keep-alive, at most 64 connections, 32 of them with a body that
/// goes on, 8 KiB of header, 64 KiB of body, 10 s for a request and for a client to take an answer or a piece
/// of one. Paths match whole; one ending in `/` matches all below it, but `/` is only itself. What has no
/// route is answered 404 with the routes that there are, another method than the route's 405, what is too
/// large or no HTTP 413, 431 or 400. Answers are tagged and made smaller as `http_answer.hpp` has it. A port
/// that is taken is tried again for ever, said once. Made, used and destroyed on the loop.
class HttpServer {
  public:
    HttpServer(boost::asio::any_io_executor loop, Log log);
    ~HttpServer();
    HttpServer(HttpServer const&) = delete;
    HttpServer& operator=(HttpServer const&) = delete;

    /// `methods`: those that the handler answers. The body of what it says to HEAD is left out.
    void route(std::string path, HttpHandler handler, std::vector<std::string> methods = {"GET", "HEAD"});
    /// Begins to listen; returns at once. Logs the address it got.
    void start(ListenAddress address);
    /// Closes all; no handler is begun after it.
    void stop();
    /// 0 until it listens.
    [[nodiscard]] std::uint16_t port() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace bridge
