// SPDX-License-Identifier: MIT
#include "mqtt-sink/event_stream.hpp"

#include "mqtt-sink/news.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

using namespace sink;
namespace asio = boost::asio;

namespace {

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

/// A stream on a loop that this thread runs, with a store that is played.
class Works {
  public:
    Works() {
        EventStream::Source source;
        source.devices = [this]() -> asio::awaitable<ApiAnswer> { co_return stored; };
        source.watch = [this](bool wanted) { watched = wanted; };
        source.news = [this]() -> asio::awaitable<Devices> { co_return std::exchange(news, {}); };
        source.status = [] { return R"({"ready":true})"; };
        stream_ = std::make_shared<EventStream>(loop_.get_executor(), std::move(source));
    }
    ~Works() {
        stream_.reset();
        (void)run_until([this] { return !watched; });
    }

    template <class Condition>
    bool run_until(Condition condition) {
        return test::eventually([&] {
            loop_.poll();
            loop_.restart();
            return condition();
        });
    }

    bridge::HttpResponse open() {
        std::optional<bridge::HttpResponse> opened;
        asio::co_spawn(loop_, stream_->open(), [&](std::exception_ptr, bridge::HttpResponse response) {
            opened = std::move(response);
        });
        REQUIRE(run_until([&] { return opened.has_value(); }));
        return *opened;
    }

    std::string next(bridge::HttpBody const& body) {
        std::optional<std::string> piece;
        asio::co_spawn(loop_, body(), [&](std::exception_ptr, std::string text) { piece = std::move(text); });
        REQUIRE(run_until([&] { return piece.has_value(); }));
        return *piece;
    }

    /// As if it had just been committed.
    void measure(std::string const& device, std::int64_t ts, double value) {
        note(news,
             Measurement{
                 "mfm", device, "", bridge::Timestamp(std::chrono::milliseconds(ts)), {{"v", value + 0.5}}});
    }

    ApiAnswer stored{200, "[]"};
    Devices news;
    bool watched = false;

  private:
    asio::io_context loop_{1};
    std::shared_ptr<EventStream> stream_;
};

}  // namespace

TEST_CASE("a stream begins with all that is stored and how the sink is") {
    Works works;
    works.stored.body = R"([{"base":"mfm"}])";
    auto const response = works.open();
    CHECK(response.status == 200);
    CHECK(response.content_type == "text/event-stream");
    auto const first = works.next(response.more);
    CHECK(
        first.starts_with("retry: 2000\nevent: devices\ndata: [{\"base\":\"mfm\"}]\n\n"
                          "event: status\ndata: {\"now\":"));
    CHECK(first.ends_with(",\"sink\":{\"ready\":true}}\n\n"));
}

TEST_CASE("what is stored then follows, of each channel the newest") {
    Works works;
    auto const response = works.open();
    (void)works.next(response.more);
    for (int ts = 1; ts <= 1000; ++ts) works.measure("a", ts, ts);
    works.measure("b", 5, 5);
    note(works.news, Availability{"mfm", "b", {}, true});
    CHECK(works.next(response.more) ==
          "event: availability\ndata: {\"base\":\"mfm\",\"device\":\"b\",\"availability\":\"online\"}\n\n"
          "event: reading\ndata: "
          "{\"base\":\"mfm\",\"device\":\"a\",\"channel\":\"\",\"ts\":1000,\"fields\":{\"v\":1000.5}}\n\n"
          "event: reading\ndata: "
          "{\"base\":\"mfm\",\"device\":\"b\",\"channel\":\"\",\"ts\":5,\"fields\":{\"v\":5.5}}\n\n");
    works.measure("a", 1001, 7);
    CHECK(works.next(response.more) ==
          "event: reading\ndata: "
          "{\"base\":\"mfm\",\"device\":\"a\",\"channel\":\"\",\"ts\":1001,\"fields\":{\"v\":7.5}}\n\n");
}

TEST_CASE("a listener that was slow gets the newest once, and others are not held up") {
    Works works;
    auto const slow = works.open();
    (void)works.next(slow.more);
    auto const quick = works.open();
    (void)works.next(quick.more);
    for (int ts = 1; ts <= 3; ++ts) {
        works.measure("a", ts, ts);
        CHECK_THAT(works.next(quick.more), contains_text("\"ts\":" + std::to_string(ts) + ","));
    }
    auto const events = works.next(slow.more);
    CHECK(count(events, "event: reading") == 1);
    CHECK_THAT(events, contains_text("\"ts\":3,"));
}

TEST_CASE("a reading that is late does not take the place of a newer one") {
    Works works;
    auto const response = works.open();
    (void)works.next(response.more);
    works.measure("a", 10, 1);
    CHECK_THAT(works.next(response.more), contains_text("\"ts\":10,"));
    works.measure("a", 9, 2);
    works.measure("b", 1, 1);
    auto const events = works.next(response.more);
    CHECK_THAT(events, contains_text("\"device\":\"b\"") && !contains_text("\"device\":\"a\""));
}

TEST_CASE("where nothing happens the sink is heard every five seconds") {
    Works works;
    auto const response = works.open();
    (void)works.next(response.more);
    auto const before = std::chrono::steady_clock::now();
    CHECK(works.next(response.more).starts_with("event: status\n"));
    auto const waited = std::chrono::steady_clock::now() - before;
    CHECK(waited > std::chrono::seconds(4));
}

TEST_CASE("news is kept only while somebody listens") {
    Works works;
    CHECK_FALSE(works.watched);
    {
        auto const one = works.open();
        auto const other = works.open();
        CHECK(works.watched);
    }
    CHECK(works.run_until([&] { return !works.watched; }));
    auto const again = works.open();
    CHECK(works.watched);
    (void)works.next(again.more);
    works.measure("a", 1, 1);
    CHECK_THAT(works.next(again.more), contains_text("event: reading"));
}

TEST_CASE("a store that cannot be read is told at once") {
    Works works;
    works.stored = {503, R"({"error":"no"})"};
    auto const response = works.open();
    CHECK(response.status == 503);
    CHECK(response.body == works.stored.body);
    CHECK_FALSE(response.more);
}
