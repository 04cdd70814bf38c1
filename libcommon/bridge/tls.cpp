// SPDX-License-Identifier: MIT
#include <bridge/tls.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

namespace bridge::tls {

bool use_authorities(boost::asio::ssl::context& context, std::string const& ca_file) {
    boost::system::error_code failed;
    if (ca_file.empty()) {
        context.set_default_verify_paths(failed);
    } else {
        context.load_verify_file(ca_file, failed);
    }
    return !failed;
}

void expect_host(void* session, std::string const& host) {
    auto* const ssl = static_cast<SSL*>(session);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    boost::system::error_code not_an_address;
    (void)boost::asio::ip::make_address(host, not_an_address);
    if (not_an_address) {
        SSL_set1_host(ssl, host.c_str());
        // Servers of many names choose their certificate by this.
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    }
}

std::string why_refused(void* session, std::string const& host, std::string const& trusted) {
    auto const reason = SSL_get_verify_result(static_cast<SSL*>(session));
    switch (reason) {
        case X509_V_OK:
            return {};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "the server's certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the server's certificate is not valid yet: check this host's clock";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the server's certificate is for another host name than " + host;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the server's certificate is self-signed and not in " + trusted;
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the server's certificate is from an authority that is not in " + trusted;
        default:
            return std::string("the server's certificate is refused: ") +
                   X509_verify_cert_error_string(reason);
    }
}

}  // namespace bridge::tls
