// SPDX-License-Identifier: MIT
#include <bridge/connect.hpp>

#include "catch.hpp"
#include "support/private_mounts.hpp"
#include "support/silent_name_server.hpp"
#include "support/temp_folder.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace bridge;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// A listener, and calls of `connect` on one loop.
class Bench {
  public:
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void stop_listening() { acceptor_.close(); }

    struct Call {
        explicit Call(asio::io_context& loop) : stream(loop) {}
        boost::beast::tcp_stream stream;
        asio::cancellation_signal cancel;
        std::optional<Result<>> result;
        Clock::time_point ended;
    };
    std::shared_ptr<Call> call(std::string host, std::uint16_t port, std::chrono::milliseconds patience) {
        auto made = std::make_shared<Call>(loop_);
        auto connecting = connect(made->stream, Address{std::move(host), port}, Clock::now() + patience);
        auto const note = [made](std::exception_ptr, Result<> result) {
            made->result = std::move(result);
            made->ended = Clock::now();
        };
        asio::co_spawn(loop_, std::move(connecting), asio::bind_cancellation_slot(made->cancel.slot(), note));
        return made;
    }
    void run_until_ended(Call const& call) {
        while (!call.result) loop_.run_one_for(10s);
    }

  private:
    asio::io_context loop_{1};
    asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
};

std::string trouble(Bench::Call const& call) {
    REQUIRE(call.result);
    REQUIRE_FALSE(call.result->has_value());
    CHECK(call.result->error().code == Errc::unreachable);
    return call.result->error().detail;
}

/// For this process: whatever is asked for hangs, but for what /etc/hosts has.
struct NoAnswers {
    struct Alone {
        Alone() { test::enter_private_mounts(); }
    };
    Alone before_all_mounts;
    test::TempFolder folder;
    test::SilentNameServer server;
    test::ReplacedFile hosts{folder.write("hosts", "127.0.0.1 near.test\n"), "/etc/hosts"};
    test::ReplacedFile resolver{
        folder.write("resolv.conf", "nameserver " + server.address() + "\noptions timeout:30 attempts:2\n"),
        "/etc/resolv.conf"};
};

}  // namespace

TEST_CASE("a connection is made to an address and to a name") {
    Bench bench;
    for (auto const* host : {"127.0.0.1", "localhost"}) {
        auto const call = bench.call(host, bench.port(), 5s);
        bench.run_until_ended(*call);
        CHECK(call->result->has_value());
        CHECK(call->stream.socket().is_open());
    }
}

TEST_CASE("what refuses and what has no such name is unreachable") {
    Bench bench;
    auto const port = bench.port();
    bench.stop_listening();
    auto const refused = bench.call("127.0.0.1", port, 5s);
    bench.run_until_ended(*refused);
    CHECK(trouble(*refused) == "Connection refused");
    auto const unknown = bench.call("no_such_name_.invalid", port, 30s);
    bench.run_until_ended(*unknown);
    CHECK(trouble(*unknown).starts_with("the name is not known: "));
}

TEST_CASE("a name lookup that hangs ends at the deadline and delays no other") {
    NoAnswers const world;
    Bench bench;
    std::vector<std::shared_ptr<Bench::Call>> lost;
    for (int i = 0; i < 5; ++i) lost.push_back(bench.call("lost.test", bench.port(), 1s));
    auto const begun = Clock::now();
    auto const near = bench.call("near.test", bench.port(), 30s);
    bench.run_until_ended(*near);
    CHECK(near->result->has_value());
    CHECK_FALSE(lost.front()->result);
    for (auto const& call : lost) {
        bench.run_until_ended(*call);
        CHECK(trouble(*call) == "no name server answers in time");
        CHECK(call->ended - begun < 10s);
    }
    CHECK(world.server.asked());
}

TEST_CASE("a name lookup that hangs ends at a cancellation") {
    NoAnswers const world;
    Bench bench;
    auto const call = bench.call("lost.test", bench.port(), 10min);
    asio::steady_timer soon(call->stream.get_executor(), 100ms);
    soon.async_wait([call](auto) { call->cancel.emit(asio::cancellation_type::terminal); });
    bench.run_until_ended(*call);
    CHECK_FALSE(call->result->has_value());
}
