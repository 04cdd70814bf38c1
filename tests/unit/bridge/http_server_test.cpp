// SPDX-License-Identifier: MIT
#include <bridge/http_server.hpp>

#include <bridge/program.hpp>

#include "support/eventually.hpp"
#include "support/gunzip.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace bridge;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr auto patience = 30s;

asio::awaitable<HttpResponse> at_once(HttpResponse response) { co_return response; }

std::string shown(HttpRequest const& request) {
    std::string text = request.method + " " + request.path;
    for (auto const& [name, value] : request.query) text += " " + name + "=" + value;
    for (auto const* name : {"authorization", "x-mixed-case"}) {
        if (!request.header(name).empty()) text += " " + std::string(name) + ":" + request.header(name);
    }
    return text + request.body;
}

/// A body of three pieces.
HttpBody counting() {
    auto const next = std::make_shared<int>(0);
    return [next]() -> asio::awaitable<Result<std::string>> {
        ++*next;
        co_return *next > 3 ? std::string() : std::to_string(*next) + "\n";
    };
}

/// A body that says one thing and waits then; it holds what it is given.
HttpBody silent_after_one_piece(std::shared_ptr<void> held) {
    auto const begun = std::make_shared<bool>(false);
    return [begun, held]() -> asio::awaitable<Result<std::string>> {
        if (!std::exchange(*begun, true)) co_return "begun\n";
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return "";
    };
}

/// As much as the client takes, counted.
HttpBody flooding(std::shared_ptr<void> held, std::shared_ptr<std::atomic<std::size_t>> bytes) {
    return [held, bytes]() -> asio::awaitable<Result<std::string>> {
        std::string piece(16 * 1024, 'x');
        *bytes += piece.size();
        co_return piece;
    };
}

/// A body that cannot be ended.
HttpBody breaking() {
    auto const begun = std::make_shared<bool>(false);
    return [begun]() -> asio::awaitable<Result<std::string>> {
        if (!std::exchange(*begun, true)) co_return "begun\n";
        co_return Error{Errc::io, "nothing more can be read"};
    };
}

std::string const big(5000, 'x');

/// A server that answers with what it understood, on a loop of its own thread.
class Server {
  public:
    Server() : server_(loop_.get_executor(), Log(LogLevel::error)) {
        auto const echo = [](HttpRequest request) { return at_once({.body = shown(request)}); };
        server_.route("/", echo);
        server_.route("/exact", echo);
        server_.route("/below/", echo);
        server_.route("/json", [](HttpRequest) { return at_once(http_error(503, "not \"yet\"")); });
        server_.route("/form", echo, {"GET", "POST", "OPTIONS"});
        server_.route("/headed", [](HttpRequest) {
            return at_once({.body = "x", .headers = {{"X-Ours", "1"}, {"Cache-Control", "max-age=1"}}});
        });
        server_.route("/big", [](HttpRequest) {
            return at_once({.body = big, .headers = {{"Cache-Control", "no-cache"}}});
        });
        server_.route("/live", [](HttpRequest) {
            return at_once({.content_type = "text/event-stream", .more = counting()});
        });
        server_.route("/breaking", [](HttpRequest) { return at_once({.more = breaking()}); });
        server_.route("/count", [](HttpRequest) { return at_once({.more = counting()}); });
        server_.route("/silent",
                      [this](HttpRequest) { return at_once({.more = silent_after_one_piece(held_)}); });
        server_.route("/flood", [this](HttpRequest) { return at_once({.more = flooding(held_, flooded_)}); });
        server_.start({"127.0.0.1", 0});
        while (server_.port() == 0) loop_.run_one();
        port_ = server_.port();
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~Server() { stop(); }

    /// Returns when nothing of it runs any more.
    void stop() {
        if (!thread_.joinable()) return;
        asio::post(loop_, [this] {
            server_.stop();
            work_.reset();
        });
        thread_.join();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Bodies that wait, and the routes.
    [[nodiscard]] long holders() const { return held_.use_count() - 1; }
    [[nodiscard]] std::size_t flooded() const { return *flooded_; }

  private:
    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(loop_);
    HttpServer server_;
    std::shared_ptr<void> held_ = std::make_shared<int>(0);
    std::shared_ptr<std::atomic<std::size_t>> flooded_ = std::make_shared<std::atomic<std::size_t>>(0);
    std::uint16_t port_ = 0;
    std::thread thread_;
};

struct Answer {
    int status = 0;  ///< 0: closed without an answer
    std::map<std::string, std::string> headers;
    std::string body;
};

/// A connection as any client's, byte for byte.
class Client {
  public:
    explicit Client(Server const& server) {
        stream_.expires_after(patience);
        stream_.connect("127.0.0.1", std::to_string(server.port()));
    }

    void write(std::string const& bytes) { stream_ << bytes << std::flush; }

    /// The header, and as much of a body as it announces.
    Answer read(bool head = false) {
        Answer answer;
        std::string line;
        std::getline(stream_, line);
        if (!line.starts_with("HTTP/1.")) return answer;
        answer.status = std::stoi(line.substr(9));
        while (std::getline(stream_, line) && line != "\r") {
            auto const colon = line.find(": ");
            answer.headers[line.substr(0, colon)] = line.substr(colon + 2, line.size() - colon - 3);
        }
        if (head || !answer.headers.contains("Content-Length")) return answer;
        answer.body.resize(std::stoul(answer.headers["Content-Length"]));
        stream_.read(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
        return answer;
    }

    std::string line() {
        std::string text;
        std::getline(stream_, text);
        return text;
    }

    /// All until the end of the connection.
    std::string rest() { return {std::istreambuf_iterator<char>(stream_), {}}; }

    /// True once the server has broken the connection off.
    bool reset() {
        stream_.ignore(std::numeric_limits<std::streamsize>::max());
        return stream_.error() == asio::error::connection_reset;
    }

    /// True once the server has closed the connection, whatever was to read before.
    bool dropped() {
        stream_.ignore(std::numeric_limits<std::streamsize>::max());
        return stream_.error() != asio::error::timed_out;
    }

    /// True once the server has closed the connection, with nothing more to read.
    bool closed() {
        return stream_.get() == std::char_traits<char>::eof() && stream_.error() != asio::error::timed_out;
    }

  private:
    asio::ip::tcp::iostream stream_;
};

Answer ask(Server const& server, std::string const& method, std::string const& target,
           std::string const& headers = {}) {
    Client client(server);
    client.write(method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return client.read(method == "HEAD");
}

}  // namespace

TEST_CASE("a route answers its own path, and one that ends in a slash all below it") {
    Server const server;
    CHECK(ask(server, "GET", "/exact").body == "GET /exact");
    CHECK(ask(server, "GET", "/below/").body == "GET /below/");
    CHECK(ask(server, "GET", "/below/a/b").body == "GET /below/a/b");
    CHECK(ask(server, "GET", "/").body == "GET /");
    CHECK(ask(server, "GET", "/exact").status == 200);
}

TEST_CASE("what has no route is 404 as JSON") {
    Server const server;
    for (auto const* path : {"/none", "/exact/", "/exact/more", "/below", "/Exact", "/belowx/a"}) {
        auto const answer = ask(server, "GET", path);
        INFO(path);
        CHECK(answer.status == 404);
        CHECK_THAT(answer.body, contains_text("{\"error\":\"nothing is at " + std::string(path) +
                                              ": there are /, /below/, /big, "));
        CHECK(answer.headers.at("Content-Type") == "application/json");
    }
}

TEST_CASE("an error keeps its sentence whole in JSON") {
    Server const server;
    auto const answer = ask(server, "GET", "/json");
    CHECK(answer.status == 503);
    CHECK(answer.body == "{\"error\":\"not \\\"yet\\\"\"}\n");
}

TEST_CASE("another method than the route's is 405 with what is allowed") {
    Server const server;
    for (auto const* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"}) {
        auto const answer = ask(server, method, "/exact", "Content-Length: 0\r\n");
        INFO(method);
        CHECK(answer.status == 405);
        CHECK(answer.headers.at("Allow") == "GET, HEAD");
    }
    CHECK(ask(server, "HEAD", "/form").headers.at("Allow") == "GET, POST, OPTIONS");
}

TEST_CASE("a route answers the methods it names") {
    Server const server;
    CHECK(ask(server, "OPTIONS", "/form").body == "OPTIONS /form");
    CHECK(ask(server, "POST", "/form", "Content-Length: 6\r\n\r\n a=b&c").body == "POST /form a=b&c");
}

TEST_CASE("a handler sets headers and overrides the server's own") {
    Server const server;
    auto const answer = ask(server, "GET", "/headed");
    CHECK(answer.headers.at("X-Ours") == "1");
    CHECK(answer.headers.at("Cache-Control") == "max-age=1");
    CHECK(ask(server, "GET", "/exact").headers.at("Cache-Control") == "no-store");
}

TEST_CASE("HEAD has the headers of GET and no body") {
    Server const server;
    Client client(server);
    client.write("HEAD /exact HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const answer = client.read(true);
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("Content-Length") == std::to_string(std::string("HEAD /exact").size()));
    // The next answer begins where this one ended.
    client.write("GET /exact HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read().body == "GET /exact");
}

TEST_CASE("a connection is kept for many requests, also when they come together") {
    Server const server;
    Client client(server);
    for (int i = 0; i < 5; ++i) {
        client.write("GET /exact?i=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.read().body == "GET /exact i=" + std::to_string(i));
    }
    client.write(
        "GET /exact HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(client.read().status == 200);
    CHECK(client.read().status == 404);
    CHECK(client.closed());
}

TEST_CASE("an old client is answered and let go") {
    Server const server;
    Client client(server);
    client.write("GET /exact HTTP/1.0\r\n\r\n");
    CHECK_FALSE(client.closed());
}

TEST_CASE("path and query are decoded") {
    Server const server;
    CHECK(ask(server, "GET", "/below/a%20b+c%2F").body == "GET /below/a b+c/");
    CHECK(ask(server, "GET", "/exact?a=1%2B1&b=x+y&c&=d&&a=2").body == "GET /exact a=1+1 b=x y c= =d a=2");
    CHECK(ask(server, "GET", "/exact?").body == "GET /exact");
    CHECK(ask(server, "GET", "/exact?q=%c3%A4").body == "GET /exact q=\xc3\xa4");
}

TEST_CASE("a broken escape is 400") {
    Server const server;
    for (auto const* target : {"/exact?a=%", "/exact?a=%4", "/exact?a=%zz", "/exact?%g0=1", "/below/%",
                               "/below/%-1", "/exact?a=%-1", "/exact?a=%+1", "/exact?a=%0x"}) {
        INFO(target);
        CHECK(ask(server, "GET", target).status == 400);
    }
}

TEST_CASE("headers reach the handler by their names in small letters, of several the first") {
    Server const server;
    CHECK(ask(server, "GET", "/exact", "Authorization: Bearer t0k\r\n").body ==
          "GET /exact authorization:Bearer t0k");
    CHECK(ask(server, "GET", "/exact", "X-Mixed-CASE: 1\r\nx-mixed-case: 2\r\n").body ==
          "GET /exact x-mixed-case:1");
}

TEST_CASE("what is too large or no HTTP is told so before the connection ends, and the server lives") {
    Server const server;
    struct Case {
        std::string bytes;
        int status;
        std::string error;
    };
    std::string const get = "GET /exact HTTP/1.1\r\nHost: x\r\n";
    for (auto const& [bytes, status, error] : std::vector<Case>{
             {get + "X-Long: " + std::string(9000, 'x') + "\r\n\r\n", 431,
              "the header is larger than 8192 bytes"},
             {get + "X-Long: " + std::string(900'000, 'x') + "\r\n\r\n", 431,
              "the header is larger than 8192 bytes"},
             {get + "Content-Length: 70000\r\n\r\n", 413, "the body is larger than 65536 bytes"},
             {get + "Content-Length: 70000\r\n\r\n" + std::string(70'000, 'x'), 413,
              "the body is larger than 65536 bytes"},
             {"GET\r\n\r\n", 400, "the request is no HTTP/1.1: "},
             {"\x16\x03\x01\r\n\r\n", 400, "the request is no HTTP/1.1: "},
             {"NFA50028f+0276P000M92C\r\n\r\n", 400, "the request is no HTTP/1.1: "},
             {"GET /exact HTTP/1.1\r\nno header\r\n\r\n", 400, "the request is no HTTP/1.1: "},
         }) {
        INFO(bytes.substr(0, 80));
        Client client(server);
        client.write(bytes);
        auto const answer = client.read();
        CHECK(answer.status == status);
        CHECK(answer.headers.at("Content-Type") == "application/json");
        CHECK(answer.headers.at("Connection") == "close");
        CHECK_THAT(answer.body, contains_text("{\"error\":\"" + error));
        CHECK(client.closed());
    }
    CHECK(ask(server, "GET", "/exact", "X-Long: " + std::string(7000, 'x') + "\r\n").status == 200);
}

TEST_CASE("a body that goes on comes piece by piece, and says where it ends") {
    Server const server;
    Client client(server);
    client.write("GET /count HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const answer = client.read();
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("Connection") == "close");
    CHECK(answer.headers.at("Transfer-Encoding") == "chunked");
    CHECK_FALSE(answer.headers.contains("Content-Length"));
    for (auto const* line : {"2\r", "1", "\r", "2\r", "2", "\r", "2\r", "3", "\r", "0\r", "\r"})
        CHECK(client.line() == line);
    CHECK(client.closed());
}

TEST_CASE("for a client that knows no chunks a body that goes on ends with the connection") {
    Server const server;
    Client client(server);
    client.write("GET /count HTTP/1.0\r\n\r\n");
    CHECK_FALSE(client.read().headers.contains("Transfer-Encoding"));
    for (auto const* piece : {"1", "2", "3"}) CHECK(client.line() == piece);
    CHECK(client.closed());
}

TEST_CASE("a body that cannot be ended is not taken for a whole one") {
    for (std::string const version : {"1.1", "1.0"}) {
        Server const server;
        Client client(server);
        client.write("GET /breaking HTTP/" + version + "\r\nHost: x\r\n\r\n");
        CHECK(client.read().status == 200);
        CHECK(client.reset());
    }
}

TEST_CASE("text is made smaller for a client that takes it") {
    Server const server;
    auto const asked = [&](std::string const& path, std::string const& accepted) {
        return ask(server, "GET", path, accepted.empty() ? "" : "Accept-Encoding: " + accepted + "\r\n");
    };
    for (std::string const accepted : {"gzip", "deflate, GZIP;q=0.5", "x-gzip", "*", "br;q=1, *;q=0.1"}) {
        INFO(accepted);
        auto const answer = asked("/big", accepted);
        CHECK(answer.headers.at("Content-Encoding") == "gzip");
        CHECK(answer.headers.at("Vary") == "Accept-Encoding");
        CHECK(answer.body.size() < 100);
        CHECK(test::gunzipped(answer.body) == big);
    }
    for (std::string const accepted :
         {"", "gzip;q=0", "gzip; q=0.000", "identity", "*;q=0", "gzip;q=0, *", "br"}) {
        INFO(accepted);
        auto const answer = asked("/big", accepted);
        CHECK_FALSE(answer.headers.contains("Content-Encoding"));
        CHECK(answer.headers.at("Vary") == "Accept-Encoding");
        CHECK(answer.body == big);
    }
    // Nothing is gained.
    CHECK_FALSE(asked("/exact", "gzip").headers.contains("Content-Encoding"));
}

TEST_CASE("a body that goes on is made smaller too, but events are not held back by it") {
    Server const server;
    Client client(server);
    client.write("GET /count HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    auto const answer = client.read();
    CHECK(answer.headers.at("Content-Encoding") == "gzip");
    CHECK(test::gunzipped(client.rest()) == "1\n2\n3\n");
    Client listener(server);
    listener.write("GET /live HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    CHECK_FALSE(listener.read().headers.contains("Content-Encoding"));
    CHECK(listener.rest() == "1\n2\n3\n");
}

TEST_CASE("who has an answer that may be kept is told that it is the same") {
    Server const server;
    auto const first = ask(server, "GET", "/big");
    auto const& tag = first.headers.at("ETag");
    auto const small = ask(server, "GET", "/big", "Accept-Encoding: gzip\r\n").headers.at("ETag");
    CHECK(tag.size() == 34);
    CHECK(tag != small);
    for (auto const& named : {tag, "\"other\", " + tag, "W/" + tag, std::string("*")}) {
        INFO(named);
        Client client(server);
        client.write("GET /big HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + named + "\r\n\r\n");
        auto const answer = client.read(true);
        CHECK(answer.status == 304);
        CHECK(answer.headers.at("ETag") == tag);
        CHECK_FALSE(answer.headers.contains("Content-Type"));
        // The next answer begins where this one ended.
        client.write("GET /exact HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.read().body == "GET /exact");
    }
    for (auto const& named : {small, std::string("other"), tag.substr(1)})
        CHECK(ask(server, "GET", "/big", "If-None-Match: " + named + "\r\n").body == big);
    CHECK_FALSE(ask(server, "GET", "/exact").headers.contains("ETag"));
    auto const head = ask(server, "HEAD", "/big", "Accept-Encoding: gzip\r\n");
    CHECK(head.headers.at("ETag") == small);
    CHECK(head.headers.at("Content-Encoding") == "gzip");
    CHECK(ask(server, "HEAD", "/big", "If-None-Match: " + tag + "\r\n").status == 304);
}

TEST_CASE("HEAD of a body that goes on has none of it") {
    Server const server;
    Client client(server);
    client.write("HEAD /count HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read(true).status == 200);
    CHECK(client.closed());
}

TEST_CASE("a body that goes on is let go when its client is gone") {
    Server const server;
    {
        Client client(server);
        client.write("GET /silent HTTP/1.0\r\n\r\n");
        CHECK(client.read().status == 200);
        CHECK(client.line() == "begun");
        CHECK(server.holders() > 0);
    }
    CHECK(test::eventually([&] { return server.holders() == 0; }));
}

TEST_CASE("a server that stops ends the bodies that go on at once") {
    Server server;
    Client client(server);
    client.write("GET /silent HTTP/1.0\r\n\r\n");
    CHECK(client.read().status == 200);
    CHECK(client.line() == "begun");
    server.stop();
    CHECK(client.closed());
    CHECK(server.holders() == 0);
}

TEST_CASE("a client that does not take what it asked for is dropped, and little was kept for it") {
    Server const server;
    Client slow(server);
    slow.write("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(slow.read().status == 200);
    CHECK(ask(server, "GET", "/exact").status == 200);
    // After ten seconds.
    CHECK(test::eventually([&] { return server.holders() == 0; }));
    // No piece was made while the last one was not taken; the system's own buffers hold some.
    CHECK(server.flooded() < 16U * 1024 * 1024);
    CHECK(slow.dropped());
}

TEST_CASE("past 32 bodies that go on a new one is refused, and there is room again when one ends") {
    Server const server;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(std::make_unique<Client>(server));
        clients.back()->write("GET /silent HTTP/1.0\r\n\r\n");
        REQUIRE(clients.back()->read().status == 200);
        REQUIRE(clients.back()->line() == "begun");
    }
    CHECK(ask(server, "GET", "/silent").status == 503);
    CHECK(ask(server, "GET", "/exact").status == 200);
    clients.pop_back();
    CHECK(test::eventually([&] { return ask(server, "GET", "/silent").status == 200; }));
}

TEST_CASE("a client that stops in the middle of its request holds up nobody") {
    Server const server;
    Client slow(server);
    slow.write("GET /exact HT");
    CHECK(ask(server, "GET", "/exact").status == 200);
    slow.write("TP/1.1\r\nHost: x\r\n\r\n");
    CHECK(slow.read().status == 200);
}

TEST_CASE("a client that never ends its request is let go after ten seconds") {
    Server const server;
    Client slow(server);
    slow.write("GET /exact HT");
    CHECK(slow.closed());
}

TEST_CASE("a client that is gone holds up nobody") {
    Server const server;
    for (int i = 0; i < 200; ++i) {
        Client client(server);
        client.write("GET /exact HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    CHECK(ask(server, "GET", "/exact").status == 200);
}

TEST_CASE("past 64 connections a new one is closed at once, and there is room again when one ends") {
    Server const server;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 64; ++i) {
        clients.push_back(std::make_unique<Client>(server));
        // Answered, so that all of them are counted before the next one comes.
        clients.back()->write("GET /exact HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(clients.back()->read().status == 200);
    }
    Client refused(server);
    CHECK(refused.closed());
    clients.back()->write("GET /exact HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(clients.back()->read().status == 200);
    CHECK(clients.back()->closed());
    clients.pop_back();
    // Its place is free a moment after its end is seen.
    int status = 0;
    for (int i = 0; i < 1000 && status != 200; ++i) status = ask(server, "GET", "/exact").status;
    CHECK(status == 200);
}

TEST_CASE("health is told over HTTP") {
    asio::io_context loop(1);
    Metrics metrics;
    metrics.counter("x_total", "X.").add(2);
    HttpServer server(loop.get_executor(), Log(LogLevel::error));
    bool ready = false;
    serve_health(
        server, [&] { return metrics.text(); },
        [&] {
            return Readiness{ready, ready ? R"({"ready":true})" : R"({"ready":false})"};
        },
        [&] { return ready; });
    server.start({"127.0.0.1", 0});
    while (server.port() == 0) loop.run_one();
    auto const get = [&](std::string const& path) {
        asio::ip::tcp::iostream stream;
        stream.expires_after(patience);
        stream.connect("127.0.0.1", std::to_string(server.port()));
        stream << "GET " << path << " HTTP/1.0\r\n\r\n" << std::flush;
        std::thread serving([&] { loop.run_for(patience); });
        std::string const text((std::istreambuf_iterator<char>(stream)), {});
        asio::post(loop, [&] { loop.stop(); });
        serving.join();
        loop.restart();
        return text;
    };
    CHECK_THAT(get("/healthz"), contains_text(" 503 ") && contains_text("stuck"));
    CHECK_THAT(get("/readyz"), contains_text(" 503 ") && contains_text(R"({"ready":false})"));
    ready = true;
    CHECK_THAT(get("/healthz"), contains_text(" 200 ") && contains_text("ok"));
    CHECK_THAT(get("/readyz"), contains_text(" 200 ") && contains_text(R"({"ready":true})"));
    CHECK_THAT(get("/metrics"), contains_text("text/plain; version=0.0.4") && contains_text("\nx_total 2\n"));
}

TEST_CASE("a listen address is a numeric address and a port") {
    auto const read = [](std::string_view text) {
        auto const address = parse_listen_address(text);
        return address ? address->host + " " + std::to_string(address->port) : "refused";
    };
    CHECK(read("127.0.0.1:9301") == "127.0.0.1 9301");
    CHECK(read("localhost:1") == "127.0.0.1 1");
    CHECK(read("[::1]:80") == "::1 80");
    CHECK(read(":80") == ":: 80");
    CHECK(read("0.0.0.0:0") == "0.0.0.0 0");
    for (auto const* text : {"", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                             "127.0.0.1:-1", "example.org:80", "1.2.3:80", "off"}) {
        CHECK(read(text) == "refused");
    }
}

TEST_CASE("only this machine reaches a loopback address") {
    CHECK(is_loopback({"127.0.0.1", 1}));
    CHECK(is_loopback({"127.9.9.9", 1}));
    CHECK(is_loopback({"::1", 1}));
    CHECK_FALSE(is_loopback({"::", 1}));
    CHECK_FALSE(is_loopback({"0.0.0.0", 1}));
    CHECK_FALSE(is_loopback({"192.168.1.2", 1}));
    CHECK_FALSE(is_loopback({"nonsense", 1}));
}
