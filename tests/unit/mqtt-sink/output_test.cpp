// SPDX-License-Identifier: MIT
#include "mqtt-sink/output.hpp"

#include "store_steps.hpp"
#include "support/eventually.hpp"
#include "support/gunzip.hpp"
#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

using namespace sink;
using namespace std::chrono_literals;
using test::TempFolder;

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

bridge::Log const quiet(bridge::LogLevel::error);

constexpr std::int64_t first_ts = 1'785'570'000'000;

std::string line(int row, int value) { return fmt::format("m v={}.0 {}", value, first_ts + row); }

std::string time_of(std::string const& line) { return line.substr(line.rfind(' ') + 1); }

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string one; std::getline(in, one);) lines.push_back(one);
    return lines;
}

/// A database that answers what it is given when, and as, the test says.
class Server {
  public:
    struct Asked {
        explicit Asked(std::vector<std::string> what, asio::any_io_executor const& loop)
            : lines(std::move(what)), answer(loop) {}
        std::vector<std::string> lines;
        Later<http::status> answer;
        bool answered = false;
    };

    explicit Server(asio::io_context& loop)
        : loop_(loop), acceptor_(loop, {asio::ip::address_v4::loopback(), 0}) {
        asio::co_spawn(loop_, accept(), asio::detached);
    }

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// What is not answered yet, oldest rows first.
    [[nodiscard]] std::vector<std::shared_ptr<Asked>> open() const {
        std::vector<std::shared_ptr<Asked>> found;
        std::ranges::copy_if(asked_, std::back_inserter(found),
                             [](auto const& one) { return !one->answered; });
        std::ranges::sort(found, {}, [](auto const& one) { return time_of(one->lines.front()); });
        return found;
    }
    /// `gone`: the connection is closed without an answer.
    static constexpr auto gone = http::status::unknown;
    void answer(Asked& asked, http::status status) {
        asked.answered = true;
        if (status == http::status::no_content) {
            for (auto const& one : asked.lines) taken[time_of(one)] = one;
        }
        asked.answer.bring(status);
    }
    void answer_all_from_now_on() {
        by_itself_ = true;
        for (auto const& one : open()) answer(*one, http::status::no_content);
    }
    void close() { acceptor_.close(); }

    /// The line that it has of each time: the last that it took.
    std::map<std::string, std::string> taken;

  private:
    asio::awaitable<void> accept() {
        for (;;) {
            auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
            asio::co_spawn(loop_, talk(std::move(socket)), asio::detached);
        }
    }
    asio::awaitable<void> talk(asio::ip::tcp::socket socket) {
        beast::flat_buffer buffer;
        for (;;) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(8UL << 20U);
            co_await http::async_read(socket, buffer, parser, asio::use_awaitable);
            auto status = http::status::no_content;
            if (parser.get().method() == http::verb::post) {
                auto const& body = parser.get().body();
                bool const packed = parser.get()[http::field::content_encoding] == "gzip";
                auto const text = packed ? test::gunzipped(body).value_or("") : body;
                auto const asked = std::make_shared<Asked>(lines_of(text), loop_.get_executor());
                asked_.push_back(asked);
                if (by_itself_) answer(*asked, status);
                status = co_await asked->answer.take();
            }
            if (status == gone) co_return;
            http::response<http::string_body> response(status, 11);
            response.prepare_payload();
            co_await http::async_write(socket, response, asio::use_awaitable);
        }
    }

    asio::io_context& loop_;
    asio::ip::tcp::acceptor acceptor_;
    std::vector<std::shared_ptr<Asked>> asked_;
    bool by_itself_ = false;
};

/// A store of so many rows, numbered from 0 with their numbers as values, and an output that gives it.
class Works {
  public:
    explicit Works(int rows) {
        {
            auto store = test::open_store(path());
            REQUIRE(store.begin().has_value());
            for (int row = 0; row < rows; ++row) {
                auto const written =
                    store.write(test::measurement("m", "", first_ts + row, {{"v", double(row)}}));
                REQUIRE(written.has_value());
            }
            REQUIRE(store.commit(test::inbox_id, 1).has_value());
        }
        auto inbox = Inbox::open({.directory = folder_ / "inbox"}, quiet);
        REQUIRE(inbox.has_value());
        inbox_ = std::move(*inbox);
        drain_ = std::make_unique<Drain>(Drain::Settings{.database = path(), .pace = 1ms}, *inbox_, counts_,
                                         quiet, loop_.get_executor());
        OutputTarget target;
        target.name = "database";
        target.url.server = {"127.0.0.1", server.port()};
        target.url.path = "/write?db=x";
        output = std::make_shared<Output>(target, *drain_, metrics_, quiet, loop_.get_executor());
        drain_->start([this] { output->start(); }, [this] { output->wake(); });
        // It begins with a small one.
        REQUIRE(run_until([&] { return server.open().size() == 1; }));
        server.answer(*server.open()[0], http::status::no_content);
    }
    ~Works() {
        output->stop();
        server.answer_all_from_now_on();
        server.close();
        bool ended = false;
        drain_->stop(5s, [&ended] { ended = true; });
        CHECK(run_until([&ended] { return ended; }));
        drain_.reset();
        loop_.poll();
    }
    Works(Works const&) = delete;
    Works& operator=(Works const&) = delete;

    void poll() {
        loop_.poll();
        loop_.restart();
    }
    template <class Condition>
    bool run_until(Condition condition) {
        return test::eventually([&] {
            poll();
            return condition();
        });
    }
    /// Until nobody has anything to do: the output reads on as far as it will.
    void let_it_read() {
        for (int question = 0; question < 20; ++question) {
            bool answered = false;
            asio::co_spawn(loop_, drain_->rows_after(0, 1, 1),
                           [&](std::exception_ptr, StoreResult<Slice>) { answered = true; });
            REQUIRE(run_until([&] { return answered; }));
        }
    }
    void correct(int row, int value) {
        auto const before = drain_->last_arrival();
        auto const payload = fmt::format(R"({{"ts":{},"v":{}.0}})", first_ts + row, value);
        REQUIRE(inbox_->append({"m", payload, payload.size(), {}, false}) == Inbox::Appended::stored);
        drain_->wake();
        REQUIRE(run_until([&] { return drain_->last_arrival() > before; }));
    }
    double count(std::string const& what) {
        return static_cast<double>(
            metrics_.counter("mqtt_sink_output_" + what + "_total", "", {{"output", "database"}}).value());
    }
    double lag() {
        output->measure();
        return metrics_.gauge("mqtt_sink_output_lag_rows", "", {{"output", "database"}}).value();
    }

  private:
    [[nodiscard]] std::string path() const { return folder_ / "store.db"; }

    TempFolder folder_;
    asio::io_context loop_{1};
    bridge::Metrics metrics_;
    Counts counts_{metrics_};
    std::unique_ptr<Inbox> inbox_;
    std::unique_ptr<Drain> drain_;

  public:
    Server server{loop_};
    std::shared_ptr<Output> output;
};

constexpr auto taken = http::status::no_content;

}  // namespace

TEST_CASE("of a backlog two requests are under way and the place follows the older one") {
    constexpr int rows = 5000;
    Works works(rows);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 2; }));
    auto const open = works.server.open();
    CHECK(open[0]->lines.front() == line(50, 50));
    CHECK(open[1]->lines.front() == line(2050, 2050));

    works.server.answer(*open[1], taken);
    works.let_it_read();
    CHECK(works.lag() == rows - 50);
    CHECK(works.server.open().size() == 1);
    works.server.answer(*open[0], taken);
    CHECK(works.run_until([&] { return works.lag() == rows - 4050; }));
    works.server.answer_all_from_now_on();
    CHECK(works.run_until([&] { return works.lag() == 0; }));
    CHECK(works.server.taken.size() == rows);
    CHECK(works.count("rows_given") == rows);
    CHECK(works.count("failures") == 0);
}

TEST_CASE("a row that is refused beside a request that is taken is found alone") {
    constexpr int rows = 5000;
    constexpr int bad = 1234;
    Works works(rows);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 2; }));
    works.server.answer(*works.server.open()[1], taken);
    // The older one, half by half.
    REQUIRE(works.run_until([&] {
        for (auto const& asked : works.server.open()) {
            bool const has_it = std::ranges::find(asked->lines, line(bad, bad)) != asked->lines.end();
            works.server.answer(*asked, has_it ? http::status::bad_request : taken);
        }
        return works.lag() == 0;
    }));
    CHECK(works.count("rows_refused") == 1);
    CHECK(works.count("rows_given") == rows - 1);
    CHECK(works.server.taken.size() == rows - 1);
    CHECK_FALSE(works.server.taken.contains(time_of(line(bad, bad))));
}

TEST_CASE("what was taken beside a request that was lost is given again with it") {
    constexpr int rows = 5000;
    Works works(rows);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 2; }));
    bool const newer_first = GENERATE(true, false);
    auto const open = works.server.open();
    // A server that is killed has neither: what it took a moment ago was in its memory.
    works.server.answer(*open[newer_first ? 1 : 0], taken);
    works.let_it_read();
    works.server.answer(*open[newer_first ? 0 : 1], Server::gone);
    works.server.taken.clear();
    works.server.answer_all_from_now_on();
    CHECK(works.run_until([&] { return works.lag() == 0; }));
    CHECK(works.server.taken.size() == rows);
    CHECK(works.count("failures") == 1);
}

TEST_CASE("nothing is given again while the server may still take what was beside a lost request") {
    constexpr int rows = 5000;
    Works works(rows);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 2; }));
    auto const newer = works.server.open()[1];
    works.server.answer(*works.server.open()[0], Server::gone);
    // Longer than the first wait before a new try.
    CHECK(test::throughout(1s, [&] {
        works.poll();
        return works.server.open().size() == 1;
    }));
    works.server.answer(*newer, taken);
    works.server.answer_all_from_now_on();
    CHECK(works.run_until([&] { return works.lag() == 0; }));
    CHECK(works.server.taken.size() == rows);
}

TEST_CASE("a row that was corrected meanwhile does not go beside its older value") {
    constexpr int small = 50, slice = 2000, full = 6000;
    constexpr int rows = small + slice + slice + full + 10;
    constexpr int corrected = rows - 100;
    Works works(rows);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 2; }));
    // The next is read to its full size meanwhile, and the last thereafter.
    works.let_it_read();
    works.correct(corrected, -1);
    auto const open = works.server.open();
    works.server.answer(*open[0], taken);
    works.server.answer(*open[1], taken);
    REQUIRE(works.run_until([&] { return works.server.open().size() == 1; }));
    auto const older = works.server.open()[0];
    REQUIRE(std::ranges::find(older->lines, line(corrected, corrected)) != older->lines.end());
    works.let_it_read();
    CHECK(works.server.open().size() == 1);

    works.server.answer(*older, taken);
    works.server.answer_all_from_now_on();
    CHECK(works.run_until([&] { return works.lag() == 0; }));
    CHECK(works.server.taken.size() == rows);
    CHECK(works.server.taken[time_of(line(corrected, -1))] == line(corrected, -1));
}
