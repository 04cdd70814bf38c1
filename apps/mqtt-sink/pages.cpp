// SPDX-License-Identifier: MIT
#include "pages.hpp"

#include "web/files.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace sink {

namespace {

constexpr std::string_view message_place = "<!--message-->";

/// Between the first `<name>` and its end; empty if there is none.
std::string_view element(std::string_view html, std::string const& name) {
    std::string const tag = "<" + name + ">";
    auto const begin = html.find(tag);
    if (begin == std::string_view::npos) return {};
    auto const text = html.substr(begin + tag.size());
    return text.substr(0, text.find("</" + name + ">"));
}

/// `'sha256-...'`, or `'none'` for nothing.
std::string source(std::string_view text) {
    if (text.empty()) return "'none'";
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    (void)EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr);
    std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
    int const length = EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(size));
    return "'sha256-" + std::string(base64.begin(), base64.begin() + length) + "'";
}

bridge::HttpResponse page(unsigned status, std::string html) {
    bridge::HttpResponse response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.headers = {{"Content-Security-Policy", content_security_policy(html)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}};
    response.body = std::move(html);
    return response;
}

}  // namespace

std::string content_security_policy(std::string_view html) {
    return fmt::format(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        source(element(html, "script")), source(element(html, "style")));
}

bridge::HttpResponse overview_page() {
    auto response = page(200, std::string(overview_html));
    // Kept, and asked for each time whether it is still so, and still allowed.
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    return response;
}

bridge::HttpResponse login_page(unsigned status, std::string_view message) {
    std::string html(login_html);
    if (auto const place = html.find(message_place); place != std::string::npos)
        html.replace(place, message_place.size(), message);
    return page(status, std::move(html));
}

}  // namespace sink
