// SPDX-License-Identifier: MIT
#include "http_get.hpp"

#include "free_port.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <cstdlib>
#include <sstream>

namespace test {

namespace {

std::string received(FileDescriptor const& socket) {
    std::string all;
    char buffer[16384];
    for (;;) {
        auto const size = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (size <= 0) return all;
        all.append(buffer, static_cast<std::size_t>(size));
    }
}

std::map<std::string, std::string> headers_of(std::string const& head) {
    std::map<std::string, std::string> headers;
    std::istringstream lines(head);
    for (std::string line; std::getline(lines, line);) {
        auto const colon = line.find(": ");
        if (colon != std::string::npos)
            headers[line.substr(0, colon)] = line.substr(colon + 2, line.size() - colon - 3);
    }
    return headers;
}

}  // namespace

HttpAnswer http_ask(std::uint16_t port, HttpAsk const& ask) {
    auto const socket = connect_to(port);
    if (!socket) return {};
    timeval const limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    // HTTP/1.0 asks for an answer that is neither chunked nor kept open.
    std::string request =
        ask.method + " " + ask.target + " HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
    for (auto const& [name, value] : ask.headers) request += name + ": " + value + "\r\n";
    if (!ask.body.empty()) request += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
    request += "\r\n" + ask.body;
    if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return {};
    }
    std::string const answer = received(socket);
    auto const blank = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || blank == std::string::npos) return {};
    return {std::atoi(answer.c_str() + 9), answer.substr(blank + 4), headers_of(answer.substr(0, blank + 2))};
}

HttpAnswer http_get(std::uint16_t port, std::string const& target) {
    return http_ask(port, {.target = target});
}

std::optional<double> metric(std::string const& text, std::string const& name,
                             std::map<std::string, std::string> const& labels) {
    std::optional<double> sum;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name) || line.size() <= name.size()) continue;
        if (line[name.size()] != '{' && line[name.size()] != ' ') continue;
        bool fits = true;
        for (auto const& [key, value] : labels) {
            std::string const label = key + "=\"" + value + "\"";
            fits = fits && (line.find("{" + label) != std::string::npos ||
                            line.find("," + label) != std::string::npos);
        }
        if (fits) sum = sum.value_or(0) + std::atof(line.c_str() + line.rfind(' '));
    }
    return sum;
}

}  // namespace test
