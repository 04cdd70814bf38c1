// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace bridge {

struct HttpGet {
    std::string host;  ///< name or address
    std::uint16_t port = 80;
    std::string path = "/";                     ///< with its query
    std::chrono::milliseconds deadline{10000};  ///< for all of it, however slowly the bytes trickle
    std::uint64_t most_bytes = 1024 * 1024;     ///< of the body
};

struct HttpReply {
    unsigned status = 0;
    std::string content_type;
    std::string body;  ///< whole: a body that was cut is an error
};

/// One GET over a connection of its own, HTTP/1.1, no redirects followed. Any status is a reply. Errors:
/// unreachable, timed_out, closed (the answer was cut), malformed (no HTTP), out_of_range (larger than
/// allowed).
[[nodiscard]] boost::asio::awaitable<Result<HttpReply>> http_get(HttpGet get);

}  // namespace bridge
