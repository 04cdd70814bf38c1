// SPDX-License-Identifier: MIT
#include "web.hpp"

#include "measurements_api.hpp"
#include "pages.hpp"

#include <bridge/text.hpp>

#include <chrono>
#include <utility>

namespace sink {

namespace asio = boost::asio;
using bridge::HttpRequest;
using bridge::HttpResponse;
using std::chrono::steady_clock;

namespace {

bridge::Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

asio::awaitable<HttpResponse> at_once(HttpResponse response) { co_return response; }

ApiRequest to_api(HttpRequest request) {
    return {request.method, request.path, std::move(request.query), now()};
}

HttpResponse see_page() {
    HttpResponse response;
    response.status = 303;
    response.headers.emplace_back("Location", "./");
    return response;
}

HttpResponse refused(Access::Verdict verdict) {
    using enum Access::Verdict;
    if (verdict == closed)
        return bridge::http_error(
            403, "other machines are answered once [sink] api_token_file is set, or insecure_api");
    if (verdict == foreign_name)
        return bridge::http_error(403, "ask this machine as localhost or by its address, or set a token");
    if (verdict == too_many_tries) return bridge::http_error(429, "wrong tokens came: try again in a while");
    auto response = bridge::http_error(401, "a token is needed: Authorization: Bearer TOKEN");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace

Web::Web(asio::any_io_executor loop, bridge::Log log, Settings const& settings, Health const& health)
    : access_({bridge::is_loopback(settings.address), settings.insecure_api, settings.api_token}),
      hide_after_(settings.hide_after),
      server_(loop, log) {
    if (!bridge::is_loopback(settings.address) && !settings.insecure_api && settings.api_token.empty()) {
        log.warn("http", "api_closed",
                 {{"detail", "other machines need [sink] api_token_file, or insecure_api"}});
    }
    EventStream::Source source;
    source.devices = [this] {
        return drain_->ask([](StoreReader& reader) { return answer_devices(reader); });
    };
    source.watch = [this](bool wanted) { drain_->watch(wanted); };
    source.news = [this] { return drain_->news(); };
    source.status = [readiness = health.readiness] { return readiness().json; };
    stream_ = std::make_shared<EventStream>(loop, std::move(source));

    bridge::serve_health(server_, health.metrics, health.readiness);
    server_.route("/", [this](HttpRequest request) { return at_once(answer_page(request)); });
    server_.route("/login", [this](HttpRequest request) { return at_once(answer_login(request)); },
                  {"GET", "HEAD", "POST"});
    server_.route("/api/v1/", [this](HttpRequest request) { return answer_api(std::move(request)); });
    server_.route("/api/v1/stream",
                  [this](HttpRequest request) { return answer_stream(std::move(request)); });
    server_.route("/measurements/",
                  [this](HttpRequest request) { return answer_measurements(std::move(request)); },
                  {"GET", "HEAD", "OPTIONS"});
    server_.start(settings.address);
}

HttpResponse Web::answer_page(HttpRequest const& request) {
    auto const verdict = access_.judge(request, steady_clock::now());
    if (verdict == Access::Verdict::welcome) return overview_page();
    if (verdict == Access::Verdict::token_needed) return login_page(401, "");
    return refused(verdict);
}

HttpResponse Web::answer_login(HttpRequest const& request) {
    if (request.method != "POST") return see_page();
    auto const form = bridge::parse_form(request.body);
    auto const typed = form ? form->find("token") : std::map<std::string, std::string>::const_iterator();
    std::string const token = form && typed != form->end() ? typed->second : std::string();
    auto const verdict = access_.log_in(bridge::trimmed(token), steady_clock::now());
    if (verdict == Access::Verdict::too_many_tries)
        return login_page(429, "Wrong tokens came too often. Wait a few seconds, then try again.");
    if (verdict != Access::Verdict::welcome)
        return login_page(401, "That is not the token. It is in the file that api_token_file names.");
    auto response = see_page();
    response.headers.emplace_back("Set-Cookie", access_.cookie());
    return response;
}

asio::awaitable<HttpResponse> Web::answer_api(HttpRequest request) {
    if (auto response = obstacle(request)) return at_once(std::move(*response));
    return answer_from_store(
        [asked = to_api(std::move(request))](StoreReader& reader) { return answer(asked, reader); });
}

asio::awaitable<HttpResponse> Web::answer_stream(HttpRequest request) {
    if (auto response = obstacle(request)) return at_once(std::move(*response));
    return stream_->open();
}

asio::awaitable<HttpResponse> Web::answer_measurements(HttpRequest request) {
    HttpResponse response;
    if (request.method == "OPTIONS") {
        response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
        response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    } else if (!drain_) {
        response = bridge::http_error(503, "the store is not open");
    } else {
        auto answering =
            answer_from_store([asked = to_api(std::move(request)), days = hide_after_](StoreReader& reader) {
                return sink::answer_measurements(asked, reader, days);
            });
        response = co_await std::move(answering);
    }
    // isems-app is a page of another server.
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    co_return response;
}

std::optional<HttpResponse> Web::obstacle(HttpRequest const& request) {
    auto const verdict = access_.judge(request, steady_clock::now());
    if (verdict != Access::Verdict::welcome) return refused(verdict);
    if (!drain_) return bridge::http_error(503, "the store is not open");
    return std::nullopt;
}

asio::awaitable<HttpResponse> Web::answer_from_store(Drain::Question question) {
    auto asking = drain_->ask(std::move(question));
    ApiAnswer answered = co_await std::move(asking);
    HttpResponse response;
    response.status = answered.status;
    response.content_type = "application/json";
    response.body = std::move(answered.body);
    co_return response;
}

}  // namespace sink
