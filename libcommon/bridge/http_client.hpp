// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

/// `http://host:port/path?query`, also with https; an IPv6 address in brackets.
struct HttpUrl {
    bool tls = false;
    Address server;
    std::string path = "/";  ///< with its query
};
/// Nothing for another scheme, a user (`user@host`), a fragment or what is no URL at all.
[[nodiscard]] std::optional<HttpUrl> parse_http_url(std::string_view text);

struct HttpCall {
    std::string method = "GET";
    std::string path = "/";  ///< with its query
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::chrono::milliseconds deadline{10000};  ///< for all of it: name lookup, connection, trickling bytes
    std::uint64_t most_bytes = 1024 * 1024;     ///< of the answer's body
};

struct HttpReply {
    unsigned status = 0;
    std::string content_type;
    std::string body;                            ///< whole: a body that was cut is an error
    std::map<std::string, std::string> headers;  ///< by their names in lower case
};

/// `Basic ...`, for the header Authorization.
[[nodiscard]] std::string basic_authorization(std::string const& user, std::string const& password);

/// A connection to one server, HTTP/1.1, kept open from call to call where the server allows it. With TLS the
/// server's certificate must be for this host, and from an authority that this system trusts. Made, used and
/// destroyed on the loop; one call at a time.
class HttpConnection {
  public:
    /// Of the URL: not the path.
    explicit HttpConnection(HttpUrl server);
    ~HttpConnection();
    HttpConnection(HttpConnection const&) = delete;
    HttpConnection& operator=(HttpConnection const&) = delete;

    /// Opens the connection if need be. No redirects are followed; any status is a reply. Errors, after which
    /// the connection is closed: unreachable (`config`: its certificate is not trusted), timed_out, closed
    /// (no or no whole answer), malformed (no HTTP), out_of_range (larger than allowed).
    [[nodiscard]] boost::asio::awaitable<Result<HttpReply>> exchange(HttpCall call);

    /// As far as is known: the other side may have closed it meanwhile.
    [[nodiscard]] bool is_open() const;
    /// Ends a call too, with an error.
    void close();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

struct HttpGet {
    Address server;
    std::string path = "/";                     ///< with its query
    std::chrono::milliseconds deadline{10000};  ///< as in HttpCall
    std::uint64_t most_bytes = 1024 * 1024;
};

/// One GET over a connection of its own, as HttpConnection's `exchange`.
[[nodiscard]] boost::asio::awaitable<Result<HttpReply>> http_get(HttpGet get);

}  // namespace bridge
