// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace test {

struct HttpAnswer {
    int status = 0;  ///< 0: no whole answer
    std::string body;
    std::map<std::string, std::string> headers = {};  ///< by name, as it was sent
};

struct HttpAsk {
    std::string method = "GET";
    std::string target;
    std::map<std::string, std::string> headers = {};
    std::string body = {};
};

/// Asks http://127.0.0.1:port, within 10 s.
[[nodiscard]] HttpAnswer http_ask(std::uint16_t port, HttpAsk const& ask);
[[nodiscard]] HttpAnswer http_get(std::uint16_t port, std::string const& target);

/// The sum of all series of this name that carry at least these labels, in Prometheus text; nothing when
/// there is none.
[[nodiscard]] std::optional<double> metric(std::string const& text, std::string const& name,
                                           std::map<std::string, std::string> const& labels = {});

}  // namespace test
