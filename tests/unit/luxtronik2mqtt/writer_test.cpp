// SPDX-License-Identifier: MIT
// The rules of writing, each against a simulated controller that counts what reaches its flash.
#include "luxtronik2mqtt/writer.hpp"

#include "devsim/luxtronik_server.hpp"
#include "devsim/luxtronik_writes.hpp"
#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace luxtronik;
using namespace std::chrono_literals;
using bridge::Outcome;
using bridge::Value;
using State = bridge::Outcome::State;
using Acknowledges = devsim::LuxtronikFaults::Acknowledges;
namespace asio = boost::asio;

namespace {

constexpr Version v3_88{3, {88, 0}};
constexpr Version v3_90_1{3, {90, 1}};

/// A simulated controller, and somebody who asks it for settings.
class Bench {
  public:
    explicit Bench(std::string file = {}, std::size_t parameters = 1143) : file_(std::move(file)) {
        devsim::LuxtronikMake make;
        make.clock = 1'785'585'600;
        make.parameters = parameters;
        devsim::House house(make.clock, 1);
        auto const lists = devsim::luxtronik_lists(make, house.at(3h), 3h);
        devsim::LuxtronikServer::Device device;
        device.lists = [this, lists] {
            auto now = lists;
            writes_.apply(now.parameters, since_start());
            return now;
        };
        device.faults = [this] { return faults; };
        device.write = [this](std::size_t index, std::int32_t value) {
            writes_.write(index, value, since_start() + faults.shows_after);
        };
        auto opened = devsim::LuxtronikServer::open(loop_.get_executor(), "127.0.0.1", 0, std::move(device),
                                                    bridge::Log(bridge::LogLevel::error));
        REQUIRE(opened.has_value());
        server_ = std::move(*opened);
        restart();
    }

    /// The program is started anew: what it keeps is in its file.
    void restart() {
        writer_.reset();
        controller_ = std::make_unique<Controller>(
            loop_.get_executor(), bridge::Address{"127.0.0.1", server_->port()}, Patience{1s, 5s});
        writer_ = std::make_unique<Writer>(loop_.get_executor(), *controller_, file_);
    }

    /// The answer to one request.
    Outcome ask(std::string const& name, Value const& value, std::optional<Version> const& version = v3_88) {
        std::optional<Outcome> answer;
        bool ended = false;
        bridge::SetRequest request(name, value, [&](Outcome const& outcome) {
            CHECK_FALSE(answer);
            answer = outcome;
        });
        asio::co_spawn(loop_, writer_->obey(std::move(request), version),
                       [&](std::exception_ptr thrown, bridge::Result<Writer::Wrote> done) {
                           if (thrown) std::rethrow_exception(thrown);
                           ended = true;
                           goes_on = done.has_value();
                           wrote = done && *done == Writer::Wrote::yes;
                       });
        while (!ended) loop_.run_one_for(10s);
        REQUIRE(answer);
        return *answer;
    }

    devsim::LuxtronikFaults faults;
    bool goes_on = false;  ///< the session, after the last request
    bool wrote = false;    ///< the parameters are to be published
    [[nodiscard]] std::uint64_t writes() const { return server_->writes(); }

  private:
    [[nodiscard]] devsim::DeviceTime since_start() const { return std::chrono::steady_clock::now() - start_; }

    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    devsim::LuxtronikWrites writes_;
    std::string file_;
    asio::io_context loop_;
    std::unique_ptr<devsim::LuxtronikServer> server_;
    std::unique_ptr<Controller> controller_;
    std::unique_ptr<Writer> writer_;
};

}  // namespace

TEST_CASE("what is asked for is written once, read back, and answered with what the controller has") {
    Bench bench;
    auto const answer = bench.ask("dhw_setpoint", 48.5);
    CHECK(answer.state == State::done);
    CHECK(answer.value == Value(48.5));
    CHECK(bench.writes() == 1);
    CHECK(bench.wrote);
    auto const mode = bench.ask("heating_mode", std::string("Party"));
    CHECK(mode.state == State::done);
    CHECK(mode.value == Value(std::string("Party")));
    CHECK(bench.writes() == 2);
}

TEST_CASE("what is so already is not written") {
    Bench bench;
    auto const answer = bench.ask("dhw_setpoint", 50.0);
    CHECK(answer.state == State::unchanged);
    CHECK(answer.value == Value(50.0));
    CHECK(bench.writes() == 0);
    CHECK_FALSE(bench.wrote);
    CHECK(bench.goes_on);
}

TEST_CASE("a controller that shows a new value seconds later is believed") {
    Bench bench;
    bench.faults.shows_after = 1200ms;
    CHECK(bench.ask("dhw_setpoint", 48.5).state == State::done);
    CHECK(bench.writes() == 1);
}

TEST_CASE("a controller that acknowledges and ignores is found out") {
    Bench bench;
    bench.faults.ignores_writes = true;
    auto const answer = bench.ask("dhw_setpoint", 48.5);
    CHECK(answer.state == State::failed);
    CHECK(answer.value == Value(50.0));
    CHECK(answer.text == "the controller acknowledged it and has something else");
    CHECK(bench.writes() == 1);
    CHECK(bench.goes_on);
}

TEST_CASE("an acknowledgement of something else, or none, leaves it open and ends the session") {
    Bench bench;
    bench.faults.acknowledges = GENERATE(Acknowledges::another, Acknowledges::nothing);
    auto const answer = bench.ask("dhw_setpoint", 48.5);
    CHECK(answer.state == State::unknown);
    CHECK_FALSE(answer.value);
    CHECK_FALSE(bench.goes_on);
    // It is not tried again by itself.
    CHECK(bench.writes() == 1);
}

TEST_CASE("a controller that restarts on a write leaves it open, and is not written to where that is known") {
    Bench bench;
    bench.faults.restarts_on_write = true;
    for (unsigned const line : {1U, 2U}) {
        auto const refused = bench.ask("dhw_setpoint", 48.5, Version{line, {90, 0}});
        CHECK(refused.state == State::refused);
        CHECK(refused.text == "this firmware restarts the controller on every write");
    }
    CHECK(bench.ask("dhw_setpoint", 48.5, std::nullopt).state == State::refused);
    CHECK(bench.writes() == 0);
    CHECK(bench.ask("dhw_setpoint", 48.5).state == State::unknown);
    CHECK(bench.writes() == 1);
}

TEST_CASE("the setpoint goes where the firmware keeps it") {
    Bench bench;
    CHECK(bench.ask("dhw_setpoint", 48.5, v3_88).state == State::done);
    bench.restart();
    // The other parameter is what it was.
    auto const newer = bench.ask("dhw_setpoint", 50.0, v3_90_1);
    CHECK(newer.state == State::unchanged);
}

TEST_CASE("a parameter that this controller does not have is not written") {
    Bench bench({}, 104);
    CHECK(bench.ask("dhw_setpoint", 48.5, v3_90_1).state == State::refused);
    CHECK(bench.writes() == 0);
}

TEST_CASE("a second write of the same within a minute is refused, also after a restart") {
    test::TempFolder const folder;
    auto const file = (folder / "state" / "writes").string();
    Bench bench(file);
    CHECK(bench.ask("dhw_setpoint", 48.5).state == State::done);
    auto const again = bench.ask("dhw_setpoint", 49.0);
    CHECK(again.state == State::refused);
    CHECK(again.value == Value(48.5));
    CHECK(bench.writes() == 1);
    bench.restart();
    CHECK(bench.ask("dhw_setpoint", 49.0).state == State::refused);
    CHECK(bench.writes() == 1);
    CHECK(bench.ask("heating_mode", std::string("Off")).state == State::done);
}

TEST_CASE("the writes of a day are counted over restarts, and none is made that cannot be counted") {
    test::TempFolder const folder;
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::string spent;
    for (std::size_t i = 0; i < WriteBudget::most_a_day; ++i)
        spent += std::to_string((now - 1h).count()) + " other" + std::to_string(i) + "\n";
    Bench full(folder.write("writes", spent).string());
    auto const answer = full.ask("dhw_setpoint", 48.5);
    CHECK(answer.state == State::refused);
    CHECK(answer.text.starts_with("24 writes in 24 hours"));
    CHECK(full.writes() == 0);
    for (auto const& file : {folder.write("damaged", "rubbish").string(), std::string("/dev/null/writes")}) {
        INFO(file);
        Bench bench(file);
        CHECK(bench.ask("dhw_setpoint", 48.5).state == State::refused);
        CHECK(bench.writes() == 0);
    }
}

TEST_CASE("a controller that is cut off before the write is answered as refused, after it as open") {
    Bench bench;
    bench.faults.cut_after = 100;
    CHECK(bench.ask("dhw_setpoint", 48.5).state == State::refused);
    CHECK_FALSE(bench.goes_on);
    CHECK(bench.writes() == 0);
    // Whole until it has acknowledged, then cut in the middle of what is read back.
    bench.faults.cut_after = 8 + 4 * 1143 + 100;
    CHECK(bench.ask("heating_mode", std::string("Off")).state == State::unknown);
    CHECK_FALSE(bench.goes_on);
    CHECK(bench.writes() == 1);
}
