// SPDX-License-Identifier: MIT
#include "web.hpp"

#include "measurements_api.hpp"
#include "newest_metrics.hpp"
#include "pages.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

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

/// The right token is never kept waiting, so wrong ones must be: nobody tries many then.
constexpr auto guess_delay = std::chrono::milliseconds(1000);
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

asio::awaitable<HttpResponse> at_once(HttpResponse response) { co_return response; }

ApiRequest to_api(HttpRequest request) { return {std::move(request.path), std::move(request.query), now()}; }

/// Who may see it is asked each time, so no one else may keep it, and it is asked for again each time: a tag
/// then says whether anything is new.
constexpr char const* kept_by_its_reader = "private, no-cache";

/// What an answer is made of, a piece after the other.
struct Pieces {
    std::shared_ptr<Drain> drain;
    ApiAnswer answer;
};

asio::awaitable<bridge::Result<std::string>> next_piece(std::shared_ptr<Pieces> pieces) {
    for (;;) {
        std::string body = std::exchange(pieces->answer.body, {});
        if (!body.empty() || !pieces->answer.more) co_return body;
        auto asking = pieces->drain->ask(std::move(pieces->answer.more));
        pieces->answer = co_await std::move(asking);
        if (pieces->answer.status != 200) co_return bridge::Error{bridge::Errc::io, pieces->answer.body};
    }
}

HttpResponse to_http(ApiAnswer answer, std::shared_ptr<Drain> drain) {
    HttpResponse response;
    response.status = answer.status;
    response.content_type = answer.content_type;
    if (!answer.file_name.empty()) {
        response.headers.emplace_back("Content-Disposition",
                                      "attachment; filename=\"" + answer.file_name + "\"");
    }
    if (!answer.more) {
        response.body = std::move(answer.body);
        return response;
    }
    auto const pieces = std::make_shared<Pieces>(Pieces{std::move(drain), std::move(answer)});
    response.more = [pieces] { return next_piece(pieces); };
    return response;
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
    if (verdict == too_many_tries) {
        auto response = bridge::http_error(429, "that is not the token, and wrong ones came often of late");
        response.delay = guess_delay;
        return response;
    }
    auto response = bridge::http_error(401, "a token is needed: Authorization: Bearer TOKEN");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace

Web::Web(asio::any_io_executor loop, bridge::Log log, Settings const& settings, Health const& health)
    : access_({bridge::is_loopback(settings.address), settings.insecure_api, settings.api_token}),
      hide_after_(settings.hide_after),
      metrics_max_age_(settings.metrics_max_age),
      own_metrics_(health.metrics),
      server_(loop, log) {
    if (!bridge::is_loopback(settings.address) && !settings.insecure_api && settings.api_token.empty()) {
        log.warn("http", "api_closed",
                 {{"detail", "other machines need [sink] api_token_file, or insecure_api"}});
    }
    EventStream::Source source;
    source.devices = [this] { return drain_->devices(); };
    source.watch = [this] { drain_->watch(true); };
    source.news = [this] { return drain_->news(); };
    source.status = [readiness = health.readiness] { return readiness().json; };
    stream_ = std::make_shared<EventStream>(loop, std::move(source));

    bridge::serve_health(
        server_, [this] { return metrics(); }, health.readiness);
    server_.route("/", [this](HttpRequest request) { return at_once(answer_page(request)); });
    server_.route("/login", [this](HttpRequest request) { return at_once(answer_login(request)); },
                  {"GET", "HEAD", "POST"});
    for (auto const& path : api_paths()) {
        server_.route(std::string(path.path),
                      [this, path](HttpRequest request) { return answer_api(path, std::move(request)); });
    }
    server_.route("/api/v1/stream",
                  [this](HttpRequest request) { return answer_stream(std::move(request)); });
    server_.route("/measurements/",
                  [this](HttpRequest request) { return answer_measurements(std::move(request)); },
                  {"GET", "HEAD", "OPTIONS"});
    server_.start(settings.address);
}

void Web::open(std::shared_ptr<Drain> drain) {
    drain_ = std::move(drain);
    stream_->start();
}

void Web::stop() {
    stream_->stop();
    server_.stop();
}

std::string Web::metrics() const {
    auto text = own_metrics_();
    if (metrics_max_age_.count() == 0) return text;
    return text + newest_metrics(stream_->newest(), now(), metrics_max_age_);
}

HttpResponse Web::answer_page(HttpRequest const& request) {
    auto const verdict = access_.judge(request, steady_clock::now());
    if (verdict == Access::Verdict::welcome) return overview_page();
    if (verdict == Access::Verdict::token_needed) return login_page(401, "");
    return refused(verdict);
}

HttpResponse Web::answer_login(HttpRequest const& request) {
    if (request.method != "POST") return see_page();
    auto const type = request.header("content-type");
    if (!type.empty() && !type.starts_with(form_type))
        return bridge::http_error(415, fmt::format("a form is needed: Content-Type: {}", form_type));
    auto const form = bridge::parse_form(request.body);
    auto const* const typed = form ? bridge::find_value(*form, "token") : nullptr;
    std::string const token = typed ? *typed : std::string();
    auto const verdict = access_.log_in(bridge::trimmed(token), steady_clock::now());
    if (verdict == Access::Verdict::too_many_tries) {
        auto response = login_page(429, "That is not the token, and wrong ones came often of late.");
        response.delay = guess_delay;
        return response;
    }
    if (verdict != Access::Verdict::welcome)
        return login_page(401, "That is not the token. It is in the file that api_token_file names.");
    auto response = see_page();
    response.headers.emplace_back("Set-Cookie", access_.cookie());
    return response;
}

asio::awaitable<HttpResponse> Web::answer_api(ApiPath path, HttpRequest request) {
    if (auto response = obstacle(request)) co_return std::move(*response);
    Drain::Question question = [path, asked = to_api(std::move(request))](StoreReader& reader) {
        return path.answer(asked, reader);
    };
    auto answering = answer_from_store(std::move(question));
    HttpResponse response = co_await std::move(answering);
    if (response.status == 200 && !response.more)
        response.headers.emplace_back("Cache-Control", kept_by_its_reader);
    co_return response;
}

asio::awaitable<HttpResponse> Web::answer_stream(HttpRequest request) {
    if (auto response = obstacle(request)) return at_once(std::move(*response));
    Parameters const parameters(request.query, {});
    if (parameters.wrong()) return at_once(bridge::http_error(400, *parameters.wrong()));
    return stream_->open(request.header("last-event-id"));
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
    ApiAnswer answer = co_await std::move(asking);
    co_return to_http(std::move(answer), drain_);
}

}  // namespace sink
