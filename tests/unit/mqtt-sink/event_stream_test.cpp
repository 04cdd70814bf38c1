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
#include <regex>

using namespace sink;
namespace asio = boost::asio;

namespace {

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

/// What stands behind the last `id: `.
std::string last_id(std::string const& events) {
    auto const at = events.rfind("id: ");
    REQUIRE(at != std::string::npos);
    return events.substr(at + 4, events.find('\n', at) - at - 4);
}

std::string without_ids(std::string const& events) {
    return std::regex_replace(events, std::regex("id: [^\n]*\n\n"), "");
}

/// A stream on a loop that this thread runs, with a store that is played.
class Works {
  public:
    Works() {
        EventStream::Source source;
        source.devices = [this]() -> asio::awaitable<StoreResult<Devices>> { co_return stored; };
        source.watch = [this] { watched = true; };
        source.news = [this]() -> asio::awaitable<Devices> { co_return std::exchange(news, {}); };
        source.status = [] { return R"({"ready":true})"; };
        stream_ = std::make_shared<EventStream>(loop_.get_executor(), std::move(source));
        stream_->start();
    }
    ~Works() {
        stream_->stop();
        loop_.poll();
    }

    template <class Condition>
    bool run_until(Condition condition) {
        return test::eventually([&] {
            loop_.poll();
            loop_.restart();
            return condition();
        });
    }

    bridge::HttpResponse open(std::string const& last_event_id = {}) {
        std::optional<bridge::HttpResponse> opened;
        asio::co_spawn(
            loop_, stream_->open(last_event_id),
            [&](std::exception_ptr, bridge::HttpResponse response) { opened = std::move(response); });
        REQUIRE(run_until([&] { return opened.has_value(); }));
        return *opened;
    }

    std::string next(bridge::HttpBody const& body) {
        std::optional<std::string> piece;
        asio::co_spawn(loop_, body(), [&](std::exception_ptr, bridge::Result<std::string> text) {
            piece = text.has_value() ? *text : "broken off";
        });
        REQUIRE(run_until([&] { return piece.has_value(); }));
        return *piece;
    }

    /// As if it had just been committed.
    void measure(std::string const& device, std::int64_t ts, double value) {
        note(news,
             Measurement{
                 "mfm", device, "", bridge::Timestamp(std::chrono::milliseconds(ts)), {{"v", value + 0.5}}});
    }

    Devices const& newest() const { return stream_->newest(); }

    StoreResult<Devices> stored = Devices();
    Devices news;
    bool watched = false;

  private:
    asio::io_context loop_{1};
    std::shared_ptr<EventStream> stream_;
};

}  // namespace

TEST_CASE("a stream begins with all that is stored and how the sink is") {
    Works works;
    works.stored = Devices{{{"mfm", "mains"}, {}}};
    auto const response = works.open();
    CHECK(response.status == 200);
    CHECK(response.content_type == "text/event-stream");
    auto const first = works.next(response.more);
    CHECK(
        first.starts_with("retry: 2000\nevent: devices\n"
                          "data: [{\"base\":\"mfm\",\"device\":\"mains\",\"channels\":[]}]\n\nid: "));
    CHECK_THAT(first, contains_text("-0\n\nevent: status\ndata: {\"now\":"));
    CHECK(first.ends_with(",\"sink\":{\"ready\":true}}\n\n"));
}

TEST_CASE("what is stored then follows, of each channel the newest") {
    Works works;
    auto const response = works.open();
    (void)works.next(response.more);
    for (int ts = 1; ts <= 1000; ++ts) works.measure("a", ts, ts);
    works.measure("b", 5, 5);
    note(works.news, Availability{"mfm", "b", {}, true});
    CHECK(without_ids(works.next(response.more)) ==
          "event: availability\ndata: {\"base\":\"mfm\",\"device\":\"b\",\"availability\":\"online\"}\n\n"
          "event: reading\ndata: "
          "{\"base\":\"mfm\",\"device\":\"a\",\"channel\":\"\",\"ts\":1000,\"fields\":{\"v\":1000.5}}\n\n"
          "event: reading\ndata: "
          "{\"base\":\"mfm\",\"device\":\"b\",\"channel\":\"\",\"ts\":5,\"fields\":{\"v\":5.5}}\n\n");
    works.measure("a", 1001, 7);
    CHECK(without_ids(works.next(response.more)) ==
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

TEST_CASE("who comes back gets exactly what was missed, of each channel the newest") {
    Works works;
    std::string id;
    {
        auto const first = works.open();
        id = last_id(works.next(first.more));
        works.measure("a", 1, 1);
        works.measure("b", 1, 1);
        auto const events = works.next(first.more);
        CHECK(count(events, "event: reading") == 2);
        id = last_id(events);
    }
    works.measure("b", 2, 2);
    REQUIRE(works.run_until([&] { return works.news.empty(); }));
    works.measure("b", 3, 3);
    note(works.news, Availability{"mfm", "b", {}, true});
    REQUIRE(works.run_until([&] { return works.news.empty(); }));
    auto const back = works.open(id);
    auto const missed = works.next(back.more);
    CHECK(missed.starts_with("retry: 2000\n\nevent: availability\n"));
    CHECK(count(missed, "event: devices") == 0);
    CHECK(count(missed, "event: reading") == 1);
    CHECK_THAT(missed, contains_text("\"device\":\"b\",\"channel\":\"\",\"ts\":3,"));
    // Nothing is said twice.
    auto const again = works.open(last_id(missed));
    CHECK(works.next(again.more).starts_with("retry: 2000\n\nevent: status\n"));
}

TEST_CASE("an id of another start, or of no stream, is answered with all that is stored") {
    Works before;
    auto const id = last_id(before.next(before.open().more));
    Works works;
    auto const own = last_id(works.next(works.open().more));
    auto const epoch = own.substr(0, own.find('-'));
    for (auto const& other : {id, std::string("1"), std::string("x-1"), epoch + "-", epoch + "-x",
                              epoch + "-99", epoch + "--1", epoch}) {
        INFO(other);
        CHECK_THAT(works.next(works.open(other).more), contains_text("event: devices"));
    }
}

TEST_CASE("what is newest is known without a listener, from what is stored on") {
    Works works;
    works.stored = Devices{{{"mfm", "a"}, {"online", {{"", 5, {{"v", 1.5}}}}}}};
    REQUIRE(works.run_until([&] { return !works.newest().empty(); }));
    works.measure("a", 4, 0);
    works.measure("a", 6, 2);
    REQUIRE(works.run_until([&] { return works.newest().begin()->second.channels.front().ts == 6; }));
    CHECK(works.newest().begin()->second.availability == "online");
}

TEST_CASE("a store that cannot be read is told at once") {
    Works works;
    works.stored = StoreError{Fault::io, "no"};
    auto const response = works.open();
    CHECK(response.status == 503);
    CHECK_THAT(response.body, contains_text("\"error\":"));
    CHECK_FALSE(response.more);
}
