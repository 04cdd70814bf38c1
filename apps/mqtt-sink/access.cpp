// SPDX-License-Identifier: MIT
#include "access.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

namespace sink {

namespace {

constexpr double most_tries = 5;
constexpr double tries_per_second = 1;
constexpr std::string_view bearer = "Bearer ";

/// Takes the same time wherever they differ.
bool same(std::string_view left, std::string_view right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string keyed_hash(std::string const& key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    std::string const bytes(text);
    (void)HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), hash.data(), &size);
    return fmt::format("{:02x}", fmt::join(hash.begin(), hash.begin() + size, ""));
}

}  // namespace

Access::Access(Settings settings) : settings_(std::move(settings)), tries_(most_tries) {
    if (settings_.token.empty()) return;
    // Cookies know no ports: each sink of a machine has its own.
    cookie_name_ = "mqtt_sink_" + keyed_hash(settings_.token, "name of the cookie").substr(0, 8);
    cookie_value_ = keyed_hash(settings_.token, "mqtt-sink's page");
}

Access::Verdict Access::judge(bridge::HttpRequest const& request, Time now) {
    if (settings_.token.empty()) {
        if (settings_.insecure) return Verdict::welcome;
        if (!settings_.loopback) return Verdict::closed;
        return is_own_host(request.header("host")) ? Verdict::welcome : Verdict::foreign_name;
    }
    if (same(cookie_in(request.header("cookie"), cookie_name_), cookie_value_)) return Verdict::welcome;
    auto const authorization = request.header("authorization");
    if (!authorization.starts_with(bearer)) return Verdict::token_needed;
    return log_in(std::string_view(authorization).substr(bearer.size()), now);
}

Access::Verdict Access::log_in(std::string_view token, Time now) {
    if (!settings_.token.empty() && same(token, settings_.token)) return Verdict::welcome;
    return take_try(now) ? Verdict::token_needed : Verdict::too_many_tries;
}

bool Access::take_try(Time now) {
    std::chrono::duration<double> const since = now - counted_;
    tries_ = std::min(most_tries, tries_ + since.count() * tries_per_second);
    counted_ = now;
    if (tries_ < 1) return false;
    tries_ -= 1;
    return true;
}

std::string Access::cookie() const {
    constexpr int a_year_s = 365 * 24 * 3600;
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict", cookie_name_, cookie_value_,
                       a_year_s);
}

std::string_view cookie_in(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        auto const end = std::min(header.find(';'), header.size());
        auto const item = bridge::trimmed(header.substr(0, end));
        if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
            return item.substr(name.size() + 1);
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return {};
}

bool is_own_host(std::string_view header) {
    auto const colon = header.find_last_not_of("0123456789");
    bool const has_port = colon != std::string_view::npos && header[colon] == ':';
    std::string host(header.substr(0, has_port ? colon : header.size()));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || host == "localhost") return true;
    boost::system::error_code not_an_address;
    (void)boost::asio::ip::make_address(host, not_an_address);
    return !not_an_address;
}

}  // namespace sink
