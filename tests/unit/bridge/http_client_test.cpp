// SPDX-License-Identifier: MIT
#include <bridge/http_client.hpp>

#include "catch.hpp"
#include "support/file_descriptor.hpp"
#include "support/free_port.hpp"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace bridge;
using namespace std::chrono_literals;
using test::FileDescriptor;
using test::FreePort;

namespace {

/// What a server does with a connection that it got.
using Behaviour = std::function<void(int socket)>;

/// A server that meets its first connection with the first behaviour, the next with the next.
class Server {
  public:
    explicit Server(std::vector<Behaviour> behaviours) : listener_(test::listen_on(port_.number())) {
        thread_ = std::thread([this, behaviours = std::move(behaviours)] {
            for (auto const& behaviour : behaviours) {
                int const accepted = ::accept(listener_.get(), nullptr, nullptr);
                if (accepted < 0) return;
                FileDescriptor const socket(accepted, "accept");
                behaviour(socket.get());
            }
        });
    }
    ~Server() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    [[nodiscard]] HttpUrl url() const {
        HttpUrl url;
        url.server = {"127.0.0.1", port_.number()};
        return url;
    }

  private:
    FreePort port_;
    FileDescriptor listener_;
    std::thread thread_;
};

/// Reads a request to this ending.
std::string read_to(int socket, std::string const& end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && ::recv(socket, &byte, 1, 0) == 1) text += byte;
    return text;
}

void say(int socket, std::string const& text) {
    (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string const no_content = "HTTP/1.1 204 No Content\r\nX-Influxdb-Build: OSS\r\n\r\n";

/// A connection and the loop that it lives on.
class Client {
  public:
    explicit Client(HttpUrl url) : connection_(std::move(url)) {}

    Result<HttpReply> exchange(HttpCall call = {}) {
        std::optional<Result<HttpReply>> got;
        auto exchanging = connection_.exchange(std::move(call));
        boost::asio::co_spawn(loop_, std::move(exchanging),
                              [&](std::exception_ptr, Result<HttpReply> reply) { got = std::move(reply); });
        loop_.restart();
        loop_.run();
        REQUIRE(got.has_value());
        return std::move(*got);
    }
    [[nodiscard]] bool is_open() const { return connection_.is_open(); }

  private:
    boost::asio::io_context loop_{1};
    HttpConnection connection_;
};

}  // namespace

TEST_CASE("URLs are taken apart or refused") {
    auto const url = parse_http_url("http://db.lan:8086/write?db=a&b=c");
    REQUIRE(url);
    CHECK(url->server.host == "db.lan");
    CHECK(url->server.port == 8086);
    CHECK(url->path == "/write?db=a&b=c");
    CHECK_FALSE(url->tls);
    CHECK(parse_http_url("HTTPS://db.lan")->server.port == 443);
    CHECK(parse_http_url("https://db.lan")->path == "/");
    CHECK(parse_http_url("http://db.lan?a=b")->path == "/?a=b");
    auto const v6 = parse_http_url("http://[fd00::1]:8086/write");
    REQUIRE(v6);
    CHECK(v6->server.host == "fd00::1");
    CHECK(v6->server.port == 8086);
    CHECK(parse_http_url("http://[::1]/x")->server.port == 80);
    for (auto const* bad : {"", "db.lan", "ftp://db.lan/", "http://", "http:///x", "http://u:p@h/x",
                            "http://h:0/", "http://h:99999/", "http://h:/x", "http://h/a b", "http://h/x#y",
                            "http://h/\r\nX: y", "http://[::1/x", "http://[::1]x/y", "http://h\\x/"}) {
        INFO(bad);
        CHECK_FALSE(parse_http_url(bad));
    }
}

TEST_CASE("user and password make a header") {
    CHECK(basic_authorization("me", "secret") == "Basic bWU6c2VjcmV0");
    CHECK(basic_authorization("", "") == "Basic Og==");
}

TEST_CASE("a connection is kept from call to call and a body arrives whole") {
    std::string first;
    std::string second;
    Server const server({[&](int socket) {
        first = read_to(socket, "\r\n\r\n");
        first += read_to(socket, "\n");
        say(socket, no_content);
        second = read_to(socket, "\r\n\r\n");
        say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }});
    Client client(server.url());
    CHECK_FALSE(client.is_open());
    HttpCall call;
    call.method = "POST";
    call.path = "/write?db=x";
    call.headers = {{"Authorization", "Token t"}};
    call.body = "mfm a=1 2\n";
    auto const posted = client.exchange(call);
    REQUIRE(posted.has_value());
    CHECK(posted->status == 204);
    CHECK(posted->headers.at("x-influxdb-build") == "OSS");
    CHECK(client.is_open());
    CHECK(first.starts_with("POST /write?db=x HTTP/1.1\r\n"));
    CHECK(first.find("\r\nAuthorization: Token t\r\n") != std::string::npos);
    CHECK(first.find("\r\nContent-Length: 10\r\n") != std::string::npos);
    CHECK(first.ends_with("\r\n\r\nmfm a=1 2\n"));
    auto const got = client.exchange();
    REQUIRE(got.has_value());
    CHECK(got->body == "ok");
    CHECK(second.starts_with("GET / HTTP/1.1\r\n"));
    // The server said that it would.
    CHECK_FALSE(client.is_open());
}

TEST_CASE("a connection that was closed meanwhile is an error once and then made anew") {
    auto const answer_once = [](int socket) {
        (void)read_to(socket, "\r\n\r\n");
        say(socket, no_content);
    };
    Server const server({answer_once, answer_once});
    Client client(server.url());
    REQUIRE(client.exchange().has_value());
    REQUIRE(client.is_open());
    auto const cut = client.exchange();
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().code == Errc::closed);
    CHECK_FALSE(client.is_open());
    CHECK(client.exchange().has_value());
}

TEST_CASE("an answer that comes before the body was read is heard") {
    Server const server({[](int socket) {
        (void)read_to(socket, "\r\n\r\n");
        say(socket, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        ::shutdown(socket, SHUT_WR);
        // What was sent meanwhile is thrown away, so that the end does not overtake the answer.
        char bytes[65536];
        while (::recv(socket, bytes, sizeof bytes, 0) > 0) {
        }
    }});
    Client client(server.url());
    HttpCall call;
    call.method = "POST";
    call.body = std::string(20'000'000, 'x');
    auto const refused = client.exchange(call);
    REQUIRE(refused.has_value());
    CHECK(refused->status == 413);
}

TEST_CASE("nobody there and silence and too much are told apart") {
    SECTION("nobody") {
        FreePort const nobody;
        HttpUrl url;
        url.server = {"127.0.0.1", nobody.number()};
        Client client(url);
        auto const reply = client.exchange();
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().code == Errc::unreachable);
    }
    SECTION("silence") {
        Server const server({[](int socket) { (void)read_to(socket, "never"); }});
        Client client(server.url());
        HttpCall call;
        call.deadline = 100ms;
        auto const reply = client.exchange(call);
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().code == Errc::timed_out);
        CHECK_FALSE(client.is_open());
    }
    SECTION("too much") {
        Server const server({[](int socket) {
            (void)read_to(socket, "\r\n\r\n");
            say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
        }});
        Client client(server.url());
        HttpCall call;
        call.most_bytes = 1000;
        auto const reply = client.exchange(call);
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().code == Errc::out_of_range);
    }
    SECTION("no HTTP") {
        Server const server({[](int socket) {
            (void)read_to(socket, "\r\n\r\n");
            say(socket, "220 mail.lan ESMTP\r\n\r\n");
        }});
        Client client(server.url());
        auto const reply = client.exchange();
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().code == Errc::malformed);
    }
}
