// SPDX-License-Identifier: MIT
#include "devsim/serial_server.hpp"

#include "catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>

using namespace devsim;

namespace {

/// A client of the serial server, or one that was refused.
FileDescriptor client_of(SerialServer const& server) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(server.port());
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) return FileDescriptor();
    return client;
}

/// What comes until the text ends in `end`, the connection ends or nothing more comes.
std::string read_to(FileDescriptor const& client, std::string_view end) {
    std::string text;
    std::array<char, 256> bytes{};
    while (!text.ends_with(end)) {
        pollfd ready{client.get(), POLLIN, 0};
        if (::poll(&ready, 1, 2000) <= 0) return text + "(nothing more)";
        auto const count = ::recv(client.get(), bytes.data(), bytes.size(), 0);
        if (count <= 0) return text + "(closed)";
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
}

SerialServer open_server() {
    auto server = SerialServer::open("127.0.0.1", 0);
    REQUIRE(server.has_value());
    return std::move(*server);
}

/// Until the server has noticed.
void tend_until(SerialServer& server, bool reader) {
    for (int i = 0; i < 2000 && server.has_reader() != reader; ++i) {
        REQUIRE(server.tend().has_value());
        (void)::poll(nullptr, 0, 1);
    }
    REQUIRE(server.has_reader() == reader);
}

}  // namespace

TEST_CASE("a serial server gives a client the bytes that are sent while it is there") {
    auto server = open_server();
    CHECK(server.write("49990\r\n") == 0);
    auto const client = client_of(server);
    tend_until(server, true);
    CHECK(server.write("50000\r\n") == 7);
    CHECK(read_to(client, "\n") == "50000\r\n");
    REQUIRE(::send(client.get(), "hello", 5, 0) == 5);
    CHECK(server.tend().has_value());
    CHECK(server.has_reader());
}

TEST_CASE("a serial server notices that its client went and serves the next one") {
    auto server = open_server();
    { auto const first = client_of(server); }
    auto const second = client_of(server);
    tend_until(server, true);
    CHECK(server.write("50000\r\n") == 7);
    CHECK(read_to(second, "\n") == "50000\r\n");
    {
        auto const third = client_of(server);
        for (int i = 0; i < 100; ++i) CHECK(server.tend().has_value());
        CHECK(read_to(second, "\n") == "(closed)");
    }
    tend_until(server, false);
    CHECK(server.write("50001\r\n") == 0);
}

TEST_CASE("an unplugged serial server cuts its client off, refuses others and comes back at its port") {
    auto server = open_server();
    auto const port = server.port();
    auto const client = client_of(server);
    tend_until(server, true);
    server.unplug();
    CHECK(!server.plugged());
    CHECK(read_to(client, "\n") == "(closed)");
    CHECK(!client_of(server).is_open());
    REQUIRE(server.plug().has_value());
    CHECK(server.port() == port);
    CHECK(server.place() == "127.0.0.1:" + std::to_string(port));
    auto const again = client_of(server);
    tend_until(server, true);
}

TEST_CASE("a port that is taken is refused with its address") {
    auto const server = open_server();
    // SO_REUSEADDR does not share a port that is listened at.
    auto const second = SerialServer::open("127.0.0.1", server.port());
    REQUIRE(!second.has_value());
    CHECK(second.error().detail.find(server.place()) != std::string::npos);
}
