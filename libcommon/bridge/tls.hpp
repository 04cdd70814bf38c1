// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

/// What a client of ours needs besides Asio to trust a server. Paho does its own.
namespace bridge::tls {

/// The authorities to trust: those of a PEM file, or with an empty name the system's (OpenSSL lets
/// SSL_CERT_FILE name others). False: the file is none.
[[nodiscard]] bool use_authorities(boost::asio::ssl::context& context, std::string const& ca_file);

/// Before the handshake: the certificate must be for this name or address, and valid. `session` is an
/// OpenSSL `SSL*`.
void expect_host(void* session, std::string const& host);

/// After a handshake that failed: what is wrong with the server's certificate, for people; empty if nothing
/// is. `trusted` names where the authorities come from, as in `is not in ca_file`.
[[nodiscard]] std::string why_refused(void* session, std::string const& host, std::string const& trusted);

}  // namespace bridge::tls
