// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/controller.hpp"
#include "luxtronik2mqtt/decode.hpp"

#include "devsim/luxtronik_server.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>

using namespace luxtronik;
using bridge::Errc;
using namespace test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A simulated controller in a frozen moment, and polls of it.
class Bench {
  public:
    explicit Bench(devsim::LuxtronikMake make = {}) {
        make.clock = 1'785'585'600;
        devsim::House house(make.clock, 1);
        auto const lists = devsim::luxtronik_lists(make, house.at(3h), 3h);
        auto opened = devsim::LuxtronikServer::open(loop_.get_executor(), "127.0.0.1", 0,
                                                    {[lists] { return lists; }, [this] { return faults; }},
                                                    bridge::Log(bridge::LogLevel::error));
        REQUIRE(opened.has_value());
        server_ = std::move(*opened);
    }

    bridge::Result<Poll> poll_once(Patience patience = {}) {
        Controller controller(loop_.get_executor(), {"127.0.0.1", server_->port()}, patience);
        std::optional<bridge::Result<Poll>> result;
        asio::co_spawn(loop_, controller.poll(),
                       [&result](std::exception_ptr thrown, bridge::Result<Poll> polled) {
                           if (thrown) std::rethrow_exception(thrown);
                           result = std::move(polled);
                       });
        while (!result) loop_.run_one_for(10s);
        return *result;
    }

    /// What a poll without faults decodes to.
    std::vector<bridge::Sample> expected() {
        auto const polled = poll_once();
        REQUIRE(polled.has_value());
        return decoded(*polled);
    }

    static std::vector<bridge::Sample> decoded(Poll const& polled) {
        auto const samples = decode(polled.blocks, bridge::Timestamp{});
        REQUIRE(samples.has_value());
        return *samples;
    }

    devsim::LuxtronikFaults faults;
    [[nodiscard]] devsim::LuxtronikServer const& server() const { return *server_; }

  private:
    asio::io_context loop_;
    std::unique_ptr<devsim::LuxtronikServer> server_;
};

constexpr Patience short_patience{100ms, 2s};

/// Answers each connection with the same three blocks; those bytes come in two pieces.
class InTwoPieces {
  public:
    explicit InTwoPieces(std::array<std::string, 3> answers) : answers_(std::move(answers)) {
        asio::co_spawn(loop_, serve(), asio::detached);
    }

    bridge::Result<Poll> poll_once(std::size_t first_piece) {
        first_piece_ = first_piece;
        Controller controller(loop_.get_executor(), {"127.0.0.1", acceptor_.local_endpoint().port()});
        std::optional<bridge::Result<Poll>> result;
        asio::co_spawn(loop_, controller.poll(), [&result](std::exception_ptr, bridge::Result<Poll> polled) {
            result = std::move(polled);
        });
        while (!result) loop_.run_one_for(10s);
        return *result;
    }

  private:
    asio::awaitable<void> serve() {
        for (;;) {
            auto accepting = acceptor_.async_accept(asio::use_awaitable);
            auto socket = co_await std::move(accepting);
            socket.set_option(asio::ip::tcp::no_delay(true));
            std::size_t sent = 0;
            for (auto const& answer : answers_) {
                std::array<char, 8> request{};
                auto asked = asio::async_read(socket, asio::buffer(request), asio::use_awaitable);
                co_await std::move(asked);
                bool const cut = first_piece_ > sent && first_piece_ < sent + answer.size();
                auto const first =
                    std::string_view(answer).substr(0, cut ? first_piece_ - sent : answer.size());
                auto beginning = asio::async_write(socket, asio::buffer(first), asio::use_awaitable);
                co_await std::move(beginning);
                // The client reads what is there before the rest comes.
                for (int turn = 0; cut && turn < 4; ++turn) {
                    auto others = asio::post(loop_, asio::use_awaitable);
                    co_await std::move(others);
                }
                auto const rest = std::string_view(answer).substr(first.size());
                auto ending = asio::async_write(socket, asio::buffer(rest), asio::use_awaitable);
                co_await std::move(ending);
                sent += answer.size();
            }
        }
    }

    asio::io_context loop_;
    asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
    std::array<std::string, 3> answers_;
    std::size_t first_piece_ = 0;
};

}  // namespace

TEST_CASE("a poll brings all three blocks, and only reads") {
    Bench bench;
    auto const polled = bench.poll_once();
    REQUIRE(polled.has_value());
    CHECK(must(lengths(polled->blocks)) == Lengths{1143, 267, 366});
    CHECK(bench.server().reads() == 3);
    CHECK(bench.server().writes() == 0);
    auto const age = std::chrono::system_clock::now() - polled->measured;
    CHECK(age < 1min);
}

TEST_CASE("the lengths that firmware is known to have are all read") {
    struct Known {
        char const* firmware;
        std::size_t parameters, calculations, visibilities;
    };
    auto const known = GENERATE(
        Known{"V1.73", 1022, 200, 336}, Known{"V1.80", 1086, 200, 336}, Known{"V3.79", 1126, 260, 355},
        Known{"V3.88.0", 1143, 267, 366}, Known{"V3.89.4", 1143, 268, 366}, Known{"V3.90.3", 1159, 272, 380},
        Known{"V3.92.1", 1199, 275, 398}, Known{"", 1187, 275, 398}, Known{"V3.88.0", 0, 0, 0},
        Known{"V3.88.0", 1, 11, 1}, Known{"V3.88.0", 10'000, 10'000, 10'000});
    INFO(known.firmware << ' ' << known.parameters);
    devsim::LuxtronikMake make;
    make.firmware = known.firmware;
    make.parameters = known.parameters;
    make.calculations = known.calculations;
    make.visibilities = known.visibilities;
    Bench bench(make);
    auto const polled = bench.poll_once();
    REQUIRE(polled.has_value());
    CHECK(must(lengths(polled->blocks)) == Lengths{known.parameters, known.calculations, known.visibilities});
    auto const samples = Bench::decoded(*polled);
    if (known.calculations < 100) return;
    std::string_view const firmware = known.firmware;
    bool const has_power = firmware.starts_with("V3.8") || firmware.starts_with("V3.9");
    CHECK(test::value_of(samples, "", "flow_temperature_c").has_value());
    CHECK(test::value_of(samples, "", "firmware_text").has_value() == !firmware.empty());
    CHECK(test::value_of(samples, "", "heat_output_w").has_value() == has_power);
}

TEST_CASE("a poll cut at any byte gives nothing, and a whole one the same as ever") {
    Bench bench;
    auto const expected = bench.expected();
    std::size_t const size = 12 + 4 * 267 + 8 + 4 * 1143 + 8 + 366;
    for (std::size_t cut = 0; cut < size; ++cut) {
        bench.faults.cut_after = cut;
        auto const polled = bench.poll_once();
        CAPTURE(cut);
        REQUIRE_FALSE(polled.has_value());
        REQUIRE(polled.error().code == Errc::closed);
    }
    bench.faults.cut_after = size;
    auto const polled = bench.poll_once();
    REQUIRE(polled.has_value());
    CHECK(Bench::decoded(*polled) == expected);
}

TEST_CASE("a poll reset at any of many bytes gives nothing") {
    Bench bench;
    for (std::size_t after = 0; after < 6000; after += 97) {
        bench.faults.reset_after = after;
        auto const polled = bench.poll_once();
        CAPTURE(after);
        REQUIRE_FALSE(polled.has_value());
        REQUIRE(polled.error().code == Errc::closed);
    }
    bench.faults = {};
    CHECK(bench.poll_once().has_value());
}

TEST_CASE("a poll that comes in two pieces is the same, wherever it is cut") {
    std::array const answers = {calculations(275, with_version({{10, 351}, {1, -7}}, "V3.92.3")),
                                parameters(1200, {{105, 520}, {1199, 9}}), visibilities(398)};
    auto const whole = answers[0] + answers[1] + answers[2];
    InTwoPieces controller(answers);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        auto const polled = controller.poll_once(cut);
        CAPTURE(cut);
        REQUIRE(polled.has_value());
        REQUIRE(bridge::as_text(polled->blocks) == whole);
    }
}

TEST_CASE("a poll dribbled byte by byte is the same") {
    Bench bench;
    auto const expected = bench.expected();
    bench.faults.dribble = true;
    auto const polled = bench.poll_once();
    REQUIRE(polled.has_value());
    CHECK(Bench::decoded(*polled) == expected);
}

TEST_CASE("a stalled controller is given up, wherever it stalled") {
    Bench bench;
    for (std::size_t const after : {0U, 3U, 4U, 11U, 12U, 500U, 1080U, 1081U, 5660U, 6030U}) {
        bench.faults.stall_after = after;
        auto const polled = bench.poll_once(short_patience);
        CAPTURE(after);
        REQUIRE_FALSE(polled.has_value());
        CHECK(polled.error().code == Errc::timed_out);
    }
}

TEST_CASE("a controller that only trickles is given up after the whole time") {
    Bench bench;
    bench.faults.dribble = true;
    bench.faults.dribble_pause = 20ms;
    auto const polled = bench.poll_once(Patience{200ms, 500ms});
    REQUIRE_FALSE(polled.has_value());
    CHECK(polled.error().code == Errc::timed_out);
}

TEST_CASE("a wrong echo, an impossible or a wrong length gives nothing") {
    Bench bench;
    for (int const command : {3003, 3004, 3005}) {
        bench.faults = {};
        bench.faults.wrong_echo_to = command;
        auto const polled = bench.poll_once();
        REQUIRE_FALSE(polled.has_value());
        CHECK(polled.error().code == Errc::malformed);
    }
    for (int const announced : {-1, 10'001, 2'147'483'647}) {
        bench.faults = {};
        bench.faults.announced = announced;
        auto const polled = bench.poll_once();
        REQUIRE_FALSE(polled.has_value());
        CHECK(polled.error().code == Errc::malformed);
    }
    for (int const more : {-1, -50}) {
        bench.faults = {};
        bench.faults.announced_more = more;
        auto const polled = bench.poll_once();
        REQUIRE_FALSE(polled.has_value());
        CHECK(polled.error().code == Errc::malformed);
    }
    bench.faults.announced_more = 1;
    auto const polled = bench.poll_once(short_patience);
    REQUIRE_FALSE(polled.has_value());
    CHECK(polled.error().code == Errc::timed_out);
}

TEST_CASE("a busy controller is told as such") {
    Bench bench;
    bench.faults.status = 2;
    auto const polled = bench.poll_once();
    REQUIRE_FALSE(polled.has_value());
    CHECK(polled.error().code == Errc::unsupported);
}

TEST_CASE("nobody there is unreachable") {
    asio::io_context loop;
    std::optional<bridge::Result<Poll>> result;
    asio::ip::tcp::acceptor unheard(loop, {asio::ip::address_v4::loopback(), 0});
    auto const port = unheard.local_endpoint().port();
    unheard.close();
    Controller controller(loop.get_executor(), {"127.0.0.1", port});
    asio::co_spawn(loop, controller.poll(), [&result](std::exception_ptr, bridge::Result<Poll> polled) {
        result = std::move(polled);
    });
    loop.run();
    REQUIRE(result);
    REQUIRE_FALSE(result->has_value());
    CHECK(result->error().code == Errc::unreachable);
}
