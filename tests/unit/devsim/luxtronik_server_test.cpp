// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_server.hpp"

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
#include <utility>
#include <vector>

using namespace devsim;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::string const ask_parameters("\0\0\x0b\xbb\0\0\0\0", 8);
std::string const ask_calculations("\0\0\x0b\xbc\0\0\0\0", 8);
std::string const ask_visibilities("\0\0\x0b\xbd\0\0\0\0", 8);
std::string const write_parameter("\0\0\x0b\xba\0\0\0\1\0\0\0\5", 12);

using Written = std::vector<std::pair<std::size_t, std::int32_t>>;

/// A controller with three values a block, and a client that collects what it says.
class Exchange {
  public:
    Exchange() {
        auto opened = LuxtronikServer::open(
            loop_.get_executor(), "127.0.0.1", 0,
            {[] {
                 return LuxtronikLists{{1, -2, 3}, {-500, 227}, {1, 0, 1}};
             },
             [this] { return faults; },
             [this](std::size_t index, std::int32_t value) { written_.emplace_back(index, value); }},
            bridge::Log(bridge::LogLevel::error));
        REQUIRE(opened.has_value());
        server_ = std::move(*opened);
    }

    /// What comes until the other side ends, or `patience` is over.
    std::string ask(std::string const& requests, std::chrono::milliseconds patience = 200ms) {
        asio::ip::tcp::socket socket(loop_);
        socket.connect({asio::ip::address_v4::loopback(), server_->port()});
        asio::write(socket, asio::buffer(requests));
        std::string heard;
        std::array<char, 4096> buffer{};
        ended_ = {};
        std::function<void()> const listen = [&] {
            socket.async_read_some(asio::buffer(buffer),
                                   [&](boost::system::error_code failed, std::size_t size) {
                                       heard.append(buffer.data(), size);
                                       ended_ = failed;
                                       if (!failed) listen();
                                   });
        };
        listen();
        auto const end = std::chrono::steady_clock::now() + patience;
        while (!ended_ && std::chrono::steady_clock::now() < end) loop_.run_one_for(10ms);
        auto const ended = ended_;
        boost::system::error_code ignored;
        (void)socket.close(ignored);
        loop_.run_for(1ms);
        ended_ = ended;
        loop_.restart();
        return heard;
    }

    /// Another client, which is connected as long as this lives.
    [[nodiscard]] asio::ip::tcp::socket stay() {
        asio::ip::tcp::socket socket(loop_);
        socket.connect({asio::ip::address_v4::loopback(), server_->port()});
        loop_.run_for(100ms);
        loop_.restart();
        return socket;
    }

    [[nodiscard]] Written const& written() const { return written_; }
    LuxtronikFaults faults;
    [[nodiscard]] boost::system::error_code ended() const { return ended_; }
    [[nodiscard]] LuxtronikServer const& server() const { return *server_; }

  private:
    Written written_;
    asio::io_context loop_;
    std::unique_ptr<LuxtronikServer> server_;
    boost::system::error_code ended_;
};

std::string const parameters("\0\0\x0b\xbb\0\0\0\3\0\0\0\1\xff\xff\xff\xfe\0\0\0\3", 20);
std::string const calculations("\0\0\x0b\xbc\0\0\0\0\0\0\0\2\xff\xff\xfe\x0c\0\0\0\xe3", 20);
std::string const visibilities("\0\0\x0b\xbd\0\0\0\3\1\0\1", 11);

}  // namespace

TEST_CASE("the three blocks are answered as the protocol's notes say") {
    Exchange controller;
    CHECK(controller.ask(ask_parameters) == parameters);
    CHECK(controller.ask(ask_calculations) == calculations);
    CHECK(controller.ask(ask_visibilities) == visibilities);
    CHECK(controller.ask(ask_calculations + ask_parameters + ask_visibilities) ==
          calculations + parameters + visibilities);
    CHECK(controller.server().reads() == 6);
}

TEST_CASE("a write is counted, obeyed and acknowledged by its index, unless a fault has it otherwise") {
    Exchange controller;
    std::string const acknowledged("\0\0\x0b\xba\0\0\0\1", 8);
    CHECK(controller.ask(write_parameter) == acknowledged);
    CHECK(controller.written() == Written{{1, 5}});
    controller.faults.ignores_writes = true;
    CHECK(controller.ask(write_parameter) == acknowledged);
    CHECK(controller.written() == Written{{1, 5}});
    controller.faults = {};
    controller.faults.acknowledges = LuxtronikFaults::Acknowledges::another;
    CHECK(controller.ask(write_parameter) == std::string("\0\0\x0b\xba\0\0\0\2", 8));
    controller.faults.acknowledges = LuxtronikFaults::Acknowledges::nothing;
    CHECK(controller.ask(write_parameter).empty());
    CHECK_FALSE(controller.ended());
    CHECK(controller.ask(ask_calculations + write_parameter + ask_calculations) ==
          calculations + calculations);
    CHECK(controller.written() == Written{{1, 5}, {1, 5}, {1, 5}, {1, 5}});
    CHECK(controller.server().writes() == 5);
}

TEST_CASE("a controller that restarts on a write obeys it, hangs, is away, and is there again") {
    Exchange controller;
    controller.faults.restarts_on_write = true;
    controller.faults.hangs_for = 300ms;
    controller.faults.away_for = 300ms;
    CHECK(controller.ask(write_parameter + ask_calculations, 5s).empty());
    CHECK(controller.ended() == asio::error::connection_reset);
    CHECK(controller.written() == Written{{1, 5}});
    std::string heard;
    for (int i = 0; i < 500 && heard.empty(); ++i) heard = controller.ask(ask_calculations, 10ms);
    CHECK(heard == calculations);
}

TEST_CASE("a controller for one client turns a second one away") {
    Exchange controller;
    controller.faults.one_client = true;
    CHECK(controller.ask(ask_calculations) == calculations);
    auto const first = controller.stay();
    CHECK(controller.ask(ask_calculations, 5s).empty());
    CHECK(controller.ended() == asio::error::connection_reset);
}

TEST_CASE("a connection is cut, reset or stalled after so many bytes of all its answers") {
    Exchange controller;
    std::string const all = ask_calculations + ask_parameters;
    controller.faults.cut_after = 23;
    CHECK(controller.ask(all) == calculations + parameters.substr(0, 3));
    CHECK(controller.ended() == asio::error::eof);
    controller.faults = {};
    controller.faults.reset_after = 4;
    CHECK(controller.ask(all) == calculations.substr(0, 4));
    CHECK(controller.ended() == asio::error::connection_reset);
    controller.faults = {};
    controller.faults.stall_after = 20;
    CHECK(controller.ask(all) == calculations);
    CHECK_FALSE(controller.ended());
}

TEST_CASE("dribbled bytes are the same bytes") {
    Exchange controller;
    controller.faults.dribble = true;
    CHECK(controller.ask(ask_calculations + ask_visibilities) == calculations + visibilities);
}

TEST_CASE("echo, length and status are as wrong as they are told to be") {
    Exchange controller;
    controller.faults.wrong_echo_to = 3004;
    CHECK(controller.ask(ask_calculations).substr(2, 2) != "\x0b\xbc");
    controller.faults = {};
    controller.faults.announced = -1;
    CHECK(controller.ask(ask_parameters).substr(4, 4) == "\xff\xff\xff\xff");
    controller.faults = {};
    controller.faults.announced_more = 1;
    CHECK(controller.ask(ask_parameters).substr(0, 8) == std::string("\0\0\x0b\xbb\0\0\0\4", 8));
    controller.faults = {};
    controller.faults.status = 1;
    CHECK(controller.ask(ask_calculations).substr(4, 4) == std::string("\0\0\0\1", 4));
}

TEST_CASE("a script of faults says what is wrong when") {
    FaultScript script(luxtronik_cues());
    REQUIRE(
        script.parse("cut=1234@10s+5s,dribble=2@20s,echo=parameters@30s,length=huge@40s,busy@50s,stall@60s")
            .has_value());
    CHECK_FALSE(luxtronik_faults(script, 9s).cut_after);
    CHECK(luxtronik_faults(script, 12s).cut_after == 1234U);
    CHECK(luxtronik_faults(script, 22s).dribble_pause == 2ms);
    CHECK(luxtronik_faults(script, 32s).wrong_echo_to == 3003);
    CHECK(luxtronik_faults(script, 42s).announced == 2'147'483'647);
    CHECK(luxtronik_faults(script, 52s).status == 1);
    CHECK(luxtronik_faults(script, 62s).stall_after == 0U);
    CHECK_FALSE(script.parse("cut=many@10s").has_value());
    CHECK_FALSE(script.parse("length=5@10s").has_value());
}
