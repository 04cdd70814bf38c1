// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_modbus.hpp"

#include "catch.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

using namespace devsim;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (int const value : values) text += static_cast<char>(value);
    return text;
}

/// Of request 0x0102 to unit 1.
std::string framed(std::string const& body, int id = 0x0102) {
    return bytes({id >> 8, id & 0xff, 0, 0, 0, static_cast<int>(body.size()) + 1, 1}) + body;
}

// Addresses are 10000 (0x2710) above the index.
std::string const read_version = bytes({4, 0x28, 0xa0, 0, 3});
std::string const read_heating = bytes({3, 0x27, 0x10, 0, 3});
std::string const set_mode = bytes({6, 0x27, 0x10, 0, 1});

/// An interface of firmware V3.92.1, and clients of it.
class Exchange {
  public:
    Exchange() {
        LuxtronikModbus::Device device{LuxtronikRegisters({3, 92, 1}), [] { return HouseState(); },
                                       [] { return DeviceTime(0); }, [this] { return faults; }};
        auto opened = LuxtronikModbus::open(loop_.get_executor(), "127.0.0.1", 0, std::move(device),
                                            bridge::Log(bridge::LogLevel::error));
        REQUIRE(opened.has_value());
        server_ = std::move(*opened);
    }

    asio::ip::tcp::socket connected() {
        asio::ip::tcp::socket socket(loop_);
        socket.connect({asio::ip::address_v4::loopback(), server_->port()});
        return socket;
    }

    /// What comes until `enough`, the end, or until nothing came for a while.
    std::string ask(asio::ip::tcp::socket& socket, std::string const& request, std::size_t enough = 1) {
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(request), ignored);
        std::string heard;
        std::array<char, 4096> buffer{};
        ended = {};
        bool waiting = false;
        std::function<void()> const listen = [&] {
            waiting = true;
            socket.async_read_some(asio::buffer(buffer),
                                   [&](boost::system::error_code failed, std::size_t size) {
                                       waiting = false;
                                       heard.append(buffer.data(), size);
                                       ended = failed;
                                       if (!failed && heard.size() < enough) listen();
                                   });
        };
        listen();
        auto const end = std::chrono::steady_clock::now() + (enough > 1000 ? 300ms : 10s);
        while (waiting && std::chrono::steady_clock::now() < end) loop_.run_one_for(10ms);
        auto const how = ended;
        socket.cancel();
        while (waiting) loop_.run_one_for(10ms);
        ended = how;
        return heard;
    }

    std::string ask(std::string const& body) {
        auto socket = connected();
        return ask(socket, framed(body));
    }

    ModbusFaults faults;
    boost::system::error_code ended;
    static constexpr std::size_t all_that_comes = 1001;

  private:
    asio::io_context loop_;
    std::unique_ptr<LuxtronikModbus> server_;
};

}  // namespace

TEST_CASE("the four functions of Modbus are answered") {
    Exchange exchange;
    CHECK(exchange.ask(read_version) == framed(bytes({4, 6, 0, 3, 0, 92, 0, 1})));
    CHECK(exchange.ask(set_mode) == framed(set_mode));
    // Setpoint 42.0 and offset -1.5.
    CHECK(exchange.ask(bytes({16, 0x27, 0x11, 0, 2, 4, 0x01, 0xa4, 0xff, 0xf1})) ==
          framed(bytes({16, 0x27, 0x11, 0, 2})));
    CHECK(exchange.ask(read_heating) == framed(bytes({3, 6, 0, 1, 0x01, 0xa4, 0xff, 0xf1})));
}

TEST_CASE("what Modbus refuses is refused with its number") {
    Exchange exchange;
    CHECK(exchange.ask(bytes({4, 0x27, 0x11, 0, 1})) == framed(bytes({0x84, 2})));
    CHECK(exchange.ask(bytes({3, 0x27, 0x10, 0, 126})) == framed(bytes({0x83, 3})));
    CHECK(exchange.ask(bytes({6, 0x27, 0x10, 0, 4})) == framed(bytes({0x86, 3})));
    CHECK(exchange.ask(bytes({16, 0x27, 0x13, 0, 2, 4, 0, 1, 0, 1})) == framed(bytes({0x90, 2})));
    CHECK(exchange.ask(bytes({3, 0x27, 0x13, 0, 1})) == framed(bytes({3, 2, 0, 1})));
    CHECK(exchange.ask(bytes({1, 0x27, 0x10, 0, 1})) == framed(bytes({0x81, 1})));
}

TEST_CASE("each fault of the interface shows") {
    Exchange exchange;
    auto socket = exchange.connected();
    CHECK(exchange.ask(socket, framed(read_version)).size() == 15);
    SECTION("busy") {
        exchange.faults.busy = true;
        CHECK(exchange.ask(socket, framed(read_version)) == framed(bytes({0x84, 6})));
    }
    SECTION("wrong id") {
        exchange.faults.wrong_id = true;
        CHECK(exchange.ask(socket, framed(read_version)) == framed(bytes({4, 6, 0, 3, 0, 92, 0, 1}), 0x0103));
    }
    SECTION("hole") {
        exchange.faults.hidden = 401;
        CHECK(exchange.ask(socket, framed(read_version)) == framed(bytes({0x84, 2})));
    }
    SECTION("old") {
        exchange.faults.old = true;
        CHECK(exchange.ask(socket, framed(read_version)) == framed(bytes({4, 6, 0, 3, 0, 89, 0, 0})));
    }
    SECTION("cut") {
        exchange.faults.cut_after = 9;
        CHECK(exchange.ask(socket, framed(read_version), Exchange::all_that_comes).size() == 9);
        CHECK(exchange.ended == asio::error::eof);
    }
    SECTION("stall") {
        exchange.faults.stall = true;
        CHECK(exchange.ask(socket, framed(read_version), Exchange::all_that_comes).empty());
        CHECK_FALSE(exchange.ended);
    }
    SECTION("reset") {
        exchange.faults.reset = true;
        CHECK(exchange.ask(socket, framed(read_version)).empty());
        CHECK(exchange.ended == asio::error::connection_reset);
    }
    SECTION("single") {
        exchange.faults.single = true;
        auto second = exchange.connected();
        CHECK(exchange.ask(second, framed(read_version)).empty());
        CHECK(exchange.ended);
        CHECK(exchange.ask(socket, framed(read_version)).size() == 15);
    }
}
