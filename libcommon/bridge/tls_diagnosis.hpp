// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

namespace bridge {

struct TlsEndpoint {
    std::string host;
    std::uint16_t port = 0;
    std::string ca_file;  ///< empty: the system's authorities
};

/// One TLS handshake made only to learn why a server is refused, because the MQTT library's error does not
/// say. A sentence for people (`the server's certificate has expired`), empty if the server's certificate is
/// fine or nothing could be learned. At most 5 s; runs on the loop.
[[nodiscard]] boost::asio::awaitable<std::string> diagnose_tls(TlsEndpoint endpoint);

}  // namespace bridge
