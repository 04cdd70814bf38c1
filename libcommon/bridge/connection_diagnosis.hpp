// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

namespace bridge {

struct DiagnosedServer {
    std::string host;
    std::uint16_t port = 0;
    bool tls = false;
    std::string ca_file;  ///< with TLS; empty: the system's authorities
};

struct Diagnosis {
    std::string sentence;    ///< for people: `the server's certificate has expired`
    bool reachable = false;  ///< a connection, with TLS a handshake, could be made: the fault is behind it
};

/// One connection, and with TLS one handshake, made only to learn why a server cannot be used: the MQTT
/// library does not say. A sentence for people (`the server's certificate has expired`). At most 5 s after
/// the name was looked up; runs on the loop.
[[nodiscard]] boost::asio::awaitable<Diagnosis> diagnose_connection(DiagnosedServer server);

}  // namespace bridge
