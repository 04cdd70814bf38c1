// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridge {

struct HttpRequest {
    std::string method;                        ///< `GET`
    std::string path;                          ///< decoded, without the query: `/api/v1/query`
    std::map<std::string, std::string> query;  ///< decoded
    std::string authorization;                 ///< the header, may be empty
    std::string body;
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};
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

/// HTTP/1.1 for the loop's own small answers: GET and HEAD, keep-alive, at most 64 connections, 8 KiB of
/// header, 64 KiB of body, 10 s for a request. Paths match whole; one ending in `/` matches all below it.
/// What has no route is answered 404, an unknown method 405. A port that is taken is tried again for ever,
/// said once. Made, used and destroyed on the loop.
class HttpServer {
  public:
    HttpServer(boost::asio::any_io_executor loop, Log log);
    ~HttpServer();
    HttpServer(HttpServer const&) = delete;
    HttpServer& operator=(HttpServer const&) = delete;

    void route(std::string path, HttpHandler handler);
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
