// SPDX-License-Identifier: MIT
#include "web.hpp"

#include <openssl/crypto.h>

#include <chrono>
#include <utility>

namespace sink {

namespace asio = boost::asio;
using bridge::HttpRequest;
using bridge::HttpResponse;

namespace {

bridge::Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

asio::awaitable<HttpResponse> at_once(HttpResponse response) { co_return response; }

}  // namespace

Web::Web(asio::any_io_executor loop, bridge::Log log, Settings settings, Health health)
    : settings_(std::move(settings)),
      open_to_all_(bridge::is_loopback(settings_.address) || settings_.insecure_api),
      server_(std::move(loop), log) {
    if (!open_to_all_ && settings_.api_token.empty()) {
        log.warn("http", "api_closed",
                 {{"detail", "other machines need [sink] api_token_file, or insecure_api"}});
    }
    bridge::serve_health(server_, std::move(health.metrics), std::move(health.readiness));
    server_.route("/api/v1/", [this](HttpRequest request) { return answer_api(std::move(request)); });
    server_.start(settings_.address);
}

bool Web::allowed(HttpRequest const& request) const {
    if (settings_.api_token.empty()) return open_to_all_;
    auto const authorization = request.header("authorization");
    std::string const expected = "Bearer " + settings_.api_token;
    return authorization.size() == expected.size() &&
           CRYPTO_memcmp(authorization.data(), expected.data(), expected.size()) == 0;
}

asio::awaitable<HttpResponse> Web::answer_api(HttpRequest request) {
    if (!allowed(request)) {
        auto response = bridge::http_error(401, "a token is needed: Authorization: Bearer TOKEN");
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return at_once(std::move(response));
    }
    if (!drain_) return at_once(bridge::http_error(503, "the store is not open"));
    return ask(ApiRequest{request.method, request.path, std::move(request.query), now()});
}

asio::awaitable<HttpResponse> Web::ask(ApiRequest request) {
    auto asking = drain_->ask(std::move(request));
    ApiAnswer answered = co_await std::move(asking);
    HttpResponse response;
    response.status = answered.status;
    response.content_type = "application/json";
    response.body = std::move(answered.body);
    co_return response;
}

}  // namespace sink
