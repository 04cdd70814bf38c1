// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/controller_search.hpp"

#include "devsim/luxtronik_announcer.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <memory>
#include <optional>

using namespace luxtronik;
using bridge::Address;
using bridge::Errc;
using test::must;
namespace asio = boost::asio;

namespace {

constexpr auto* loopback = "127.255.255.255";

/// Simulated controllers that can be found, at a port of their own.
class Network {
  public:
    void add(std::uint16_t tcp_port, std::string const& fault = "") {
        auto opened = devsim::LuxtronikAnnouncer::open(loop_.get_executor(), loopback, port_, [=] {
            return devsim::LuxtronikAnnouncement{tcp_port, fault};
        });
        REQUIRE(opened.has_value());
        announcers_.push_back(std::move(*opened));
    }

    template <class T>
    bridge::Result<T> wait_for(asio::awaitable<bridge::Result<T>> search) {
        std::optional<bridge::Result<T>> result;
        asio::co_spawn(loop_, std::move(search),
                       [&result](std::exception_ptr, bridge::Result<T> found) { result = std::move(found); });
        loop_.restart();
        while (!result) loop_.run_one_for(std::chrono::seconds(10));
        return *result;
    }

    std::vector<Address> find_all() { return must(wait_for(find_controllers({loopback, {port_}}, 8889))); }
    bridge::Result<Address> find_one() { return wait_for(find_controller({loopback, {port_}}, 8889)); }

  private:
    static asio::ip::udp::socket held_port(asio::io_context& loop) {
        asio::ip::udp::socket socket(loop, asio::ip::udp::v4());
        socket.set_option(asio::ip::udp::socket::reuse_address(true));
        socket.bind({asio::ip::make_address_v4(loopback), 0});
        return socket;
    }

    asio::io_context loop_;
    asio::ip::udp::socket held_ = held_port(loop_);  ///< kept from others, and shared by who reuses it
    std::uint16_t port_ = held_.local_endpoint().port();
    std::vector<std::unique_ptr<devsim::LuxtronikAnnouncer>> announcers_;
};

}  // namespace

TEST_CASE("an answer to a search names the TCP port, where it is one") {
    CHECK(must(read_search_answer("2500;111;8889;")) == 8889);
    CHECK(must(read_search_answer(std::string("2500;111;8888;\0", 15))) == 8888);
    CHECK(must(read_search_answer("2500;111;8889")) == 8889);
    CHECK(must(read_search_answer("2500;111;8889;V3.88;more")) == 8889);
    for (auto const* const old : {"2500;111;", "2500;111;;8889", "2500;111;0;", "2500;111;65536;",
                                  "2500;111;-1;", "2500;111;eight;", "2500;111;8889x;"}) {
        INFO(old);
        CHECK(must(read_search_answer(old)) == 0);
    }
    for (auto const* const other :
         {"", "2500", "2500;111", "2000;111;1;", "2500;112;8889;", ";2500;111;8889;"}) {
        INFO(other);
        CHECK_FALSE(read_search_answer(other).has_value());
    }
}

TEST_CASE("a search of the settings names a broadcast address and may name a port") {
    CHECK(is_search("search"));
    CHECK(is_search("search:192.168.2.255"));
    CHECK_FALSE(is_search("search.lan"));
    CHECK_FALSE(is_search("heatpump"));
    CHECK(must(read_search("search")).address.empty());
    CHECK(must(read_search("search")).ports == std::vector<std::uint16_t>{4444, 47808});
    CHECK(must(read_search("search:192.168.2.255")).address == "192.168.2.255");
    CHECK(must(read_search("search:192.168.2.255")).ports.size() == 2);
    CHECK(must(read_search("search:127.255.255.255:5000")).ports == std::vector<std::uint16_t>{5000});
    for (auto const* const wrong :
         {"search:", "search:lan", "search:1.2.3", "search:1.2.3.4:0", "search:::1"}) {
        INFO(wrong);
        CHECK_FALSE(read_search(wrong).has_value());
    }
}

TEST_CASE("a search finds whoever answers, each once, and is not taken in by what is no answer") {
    Network network;
    network.add(8889);
    network.add(8888, "twice");
    network.add(7001, "echo");
    network.add(7002, "garbage");
    network.add(7003, "silent");
    auto const found = network.find_all();
    CHECK(found == std::vector<Address>{{"127.0.0.1", 7001}, {"127.0.0.1", 8888}, {"127.0.0.1", 8889}});
}

TEST_CASE("of a controller that says no TCP port it is taken to be the usual one") {
    Network network;
    network.add(7001, GENERATE(as<std::string>{}, "no-port", "high-port"));
    CHECK(must(network.find_one()) == Address{"127.0.0.1", 8889});
}

TEST_CASE("no answer is said, and several are named for a person to choose") {
    Network network;
    auto const none = network.find_one();
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == Errc::unreachable);
    network.add(7001);
    network.add(7002);
    auto const two = network.find_one();
    REQUIRE_FALSE(two.has_value());
    CHECK(two.error().code == Errc::config);
    CHECK(two.error().detail.find("127.0.0.1:7001, 127.0.0.1:7002") != std::string::npos);
}
