// SPDX-License-Identifier: MIT
#include "line_server.hpp"

#include <bridge/gzip.hpp>

#include <fmt/format.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace sink {

namespace asio = boost::asio;

namespace {

using std::chrono::seconds;

constexpr auto greet_deadline = seconds(10);
/// A database that compacts can be slow.
constexpr auto write_deadline = seconds(30);
constexpr unsigned unsupported_media_type = 415;
/// What goes into one packet anyway is not made smaller.
constexpr std::size_t least_gzip_bytes = 1400;
constexpr std::uint64_t most_answer_bytes = 1UL << 20U;

constexpr std::array<std::pair<std::string_view, LineApi>, 3> apis = {{
    {"/api/v2/write", LineApi::v2},
    {"/api/v3/write_lp", LineApi::v3},
    {"/write", LineApi::v1},
}};

std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

/// What stands before the API, where the server is behind a path of a proxy.
std::string prefix_of(std::string_view path) {
    path = without_query(path);
    for (auto const& [end, api] : apis) {
        if (path.ends_with(end)) return std::string(path.substr(0, path.size() - end.size()));
    }
    return {};
}

bool is_this_host(std::string const& host) {
    boost::system::error_code not_an_address;
    auto const ip = asio::ip::make_address(host, not_an_address);
    return host == "localhost" || (!not_an_address && ip.is_loopback());
}

std::string header(bridge::HttpReply const& reply, std::string const& name) {
    auto const found = reply.headers.find(name);
    return found == reply.headers.end() ? std::string() : found->second;
}

}  // namespace

std::optional<LineApi> line_api_of(std::string_view path) {
    for (auto const& [end, api] : apis) {
        if (without_query(path).ends_with(end)) return api;
    }
    return std::nullopt;
}

LineServer::LineServer(OutputTarget const& target)
    : connection_(target.url),
      api_(line_api_of(target.url.path).value_or(LineApi::v1)),
      authorization_(target.authorization),
      write_path_(fmt::format("{}{}precision={}", target.url.path,
                              target.url.path.find('?') == std::string::npos ? '?' : '&',
                              api_ == LineApi::v3 ? "millisecond" : "ms")),
      ping_path_(prefix_of(target.url.path) + "/ping"),
      gzip_(is_this_host(target.url.server.host) ? Gzip::unwanted : Gzip::unknown) {}

bridge::HttpCall LineServer::call(std::string path) const {
    bridge::HttpCall call;
    call.path = std::move(path);
    call.deadline = greet_deadline;
    call.most_bytes = most_answer_bytes;
    if (!authorization_.empty()) call.headers.emplace_back("Authorization", authorization_);
    return call;
}

asio::awaitable<bridge::Result<LineServer::Greeting>> LineServer::greet() {
    auto asking = connection_.exchange(call(ping_path_));
    auto const reply = co_await std::move(asking);
    if (!reply) co_return reply.error();
    // VictoriaMetrics says a version of InfluxDB too, but no build.
    bool const influxdb = api_ == LineApi::v3 || !header(*reply, "x-influxdb-build").empty();
    Greeting greeting;
    greeting.texts = influxdb ? Texts::send : Texts::leave_out;
    std::string const version = header(*reply, "x-influxdb-version");
    greeting.product = !influxdb         ? "not InfluxDB: it gets numbers and no texts"
                       : version.empty() ? "InfluxDB"
                                         : "InfluxDB " + version;
    co_return greeting;
}

LineServer::Lines LineServer::pack(std::string text) const {
    bool const smaller = gzip_ != Gzip::unwanted && text.size() >= least_gzip_bytes;
    std::string gzip = smaller ? bridge::gzipped(text) : std::string();
    return {std::move(text), std::move(gzip)};
}

asio::awaitable<bridge::Result<WriteAnswer>> LineServer::write(Lines lines) {
    if (gzip_ != Gzip::unwanted && !lines.gzip.empty()) {
        auto smaller = post(std::move(lines.gzip), Form::gzip);
        auto const answer = co_await std::move(smaller);
        if (!answer) co_return answer.error();
        if (answer->meaning == WriteAnswer::Meaning::taken || answer->about_lines) gzip_ = Gzip::taken;
        // Some say 415, others that they cannot read the lines.
        bool const unread =
            answer->status == unsupported_media_type ||
            (gzip_ == Gzip::unknown && answer->meaning == WriteAnswer::Meaning::lines_refused);
        if (!unread) co_return *answer;
    }
    bool const second_try = gzip_ != Gzip::unwanted && lines.text.size() >= least_gzip_bytes;
    auto plain = post(std::move(lines.text), Form::plain);
    auto const answer = co_await std::move(plain);
    if (second_try && answer && answer->meaning == WriteAnswer::Meaning::taken) gzip_ = Gzip::unwanted;
    co_return answer;
}

asio::awaitable<bridge::Result<WriteAnswer>> LineServer::post(std::string body, Form form) {
    auto writing = call(write_path_);
    writing.method = "POST";
    writing.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    if (form == Form::gzip) writing.headers.emplace_back("Content-Encoding", "gzip");
    writing.body = std::move(body);
    writing.deadline = write_deadline;
    auto asking = connection_.exchange(std::move(writing));
    auto const reply = co_await std::move(asking);
    if (!reply) co_return reply.error();
    co_return meaning_of(*reply);
}

asio::awaitable<bridge::Result<std::string>> LineServer::check() {
    auto const greeting = co_await greet();
    if (!greeting) co_return greeting.error();
    auto writing = post({}, Form::plain);
    auto const answer = co_await std::move(writing);
    if (!answer) co_return answer.error();
    // InfluxDB 2 and 3 look at the credentials first, and then find that there is nothing to write.
    bool const nothing_to_write =
        api_ != LineApi::v1 && answer->meaning == WriteAnswer::Meaning::lines_refused;
    if (answer->meaning == WriteAnswer::Meaning::taken || nothing_to_write)
        co_return greeting->product + ", takes what is written";
    co_return bridge::Error{bridge::Errc::config, answer->sentence};
}

}  // namespace sink
