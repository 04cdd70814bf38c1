// SPDX-License-Identifier: MIT
#include "mqtt-sink/line_server.hpp"

#include <bridge/http_server.hpp>

#include "catch.hpp"
#include "support/gunzip.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <vector>

using namespace sink;
using bridge::HttpRequest;
using bridge::HttpResponse;
using Meaning = WriteAnswer::Meaning;

namespace {

/// What a server says to what it is given.
using Behaviour = std::function<HttpResponse(HttpRequest const&)>;

bool is_gzip(HttpRequest const& request) { return request.header("content-encoding") == "gzip"; }

/// A server for line protocol and its client, on one loop.
class Pair {
  public:
    /// `127.1` is this host too, but does not look like it.
    explicit Pair(Behaviour behaviour, std::string host = "127.1")
        : http_(loop_.get_executor(), bridge::Log(bridge::LogLevel::error)) {
        auto const handler = [this, behaviour](HttpRequest const& request) {
            got.push_back(request);
            return answered(behaviour(request));
        };
        http_.route("/write", handler, {"POST"});
        http_.start({"127.0.0.1", 0});
        while (http_.port() == 0) loop_.run_one();
        OutputTarget target;
        target.url.server = {std::move(host), http_.port()};
        target.url.path = "/write?db=x";
        server_.emplace(target);
    }
    ~Pair() {
        server_->close();
        http_.stop();
        loop_.restart();
        loop_.run_for(std::chrono::milliseconds(100));
    }

    WriteAnswer write(std::string const& text) {
        std::optional<bridge::Result<WriteAnswer>> answer;
        boost::asio::co_spawn(loop_, server_->write(server_->pack(text)),
                              [&](std::exception_ptr, bridge::Result<WriteAnswer> told) { answer = told; });
        while (!answer) loop_.run_one();
        INFO((answer->has_value() ? "" : answer->error().detail));
        REQUIRE(answer->has_value());
        return **answer;
    }

    std::vector<HttpRequest> got;

  private:
    static boost::asio::awaitable<HttpResponse> answered(HttpResponse response) { co_return response; }

    boost::asio::io_context loop_{1};
    bridge::HttpServer http_;
    std::optional<LineServer> server_;
};

std::string many_lines() {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "mfm,device=mains a=1.0 " + std::to_string(1000 + i) + "\n";
    return text;
}

}  // namespace

TEST_CASE("many lines go as gzip, few as they are") {
    Pair pair([](HttpRequest const&) { return HttpResponse{204}; });
    CHECK(pair.write(many_lines()).meaning == Meaning::taken);
    REQUIRE(pair.got.size() == 1);
    CHECK(is_gzip(pair.got[0]));
    CHECK(test::gunzipped(pair.got[0].body) == many_lines());
    CHECK(pair.got[0].body.size() * 4 < many_lines().size());
    CHECK(pair.write("mfm a=1.0 1\n").meaning == Meaning::taken);
    CHECK_FALSE(is_gzip(pair.got[1]));
    CHECK(pair.got[1].body == "mfm a=1.0 1\n");
}

TEST_CASE("a server on the same host gets plain lines") {
    for (auto const* host : {"127.0.0.1", "localhost"}) {
        Pair pair([](HttpRequest const&) { return HttpResponse{204}; }, host);
        CHECK(pair.write(many_lines()).meaning == Meaning::taken);
        REQUIRE(pair.got.size() == 1);
        CHECK_FALSE(is_gzip(pair.got[0]));
        CHECK(pair.got[0].body == many_lines());
    }
}

TEST_CASE("a server that does not read gzip gets plain lines from then on") {
    for (unsigned const status : {415U, 400U}) {
        Pair pair([status](HttpRequest const& request) {
            return is_gzip(request) ? HttpResponse{status, "text/plain", "cannot read that"}
                                    : HttpResponse{204};
        });
        CHECK(pair.write(many_lines()).meaning == Meaning::taken);
        CHECK(pair.write(many_lines()).meaning == Meaning::taken);
        REQUIRE(pair.got.size() == 3);
        CHECK(is_gzip(pair.got[0]));
        CHECK_FALSE(is_gzip(pair.got[1]));
        CHECK_FALSE(is_gzip(pair.got[2]));
        CHECK(pair.got[2].body == many_lines());
    }
}

TEST_CASE("a refusal of lines is no refusal of gzip") {
    bool wrong = false;
    Pair pair([&](HttpRequest const&) {
        return wrong ? HttpResponse{400, "text/plain", "unable to parse"} : HttpResponse{204};
    });
    CHECK(pair.write(many_lines()).meaning == Meaning::taken);
    wrong = true;
    CHECK(pair.write(many_lines()).meaning == Meaning::lines_refused);
    CHECK(pair.got.size() == 2);
    wrong = false;
    CHECK(pair.write(many_lines()).meaning == Meaning::taken);
    CHECK(is_gzip(pair.got[2]));
}

TEST_CASE("a server that refuses everything is not held for one without gzip") {
    bool wrong = true;
    Pair pair([&](HttpRequest const&) {
        return wrong ? HttpResponse{400, "text/plain", "database is required"} : HttpResponse{204};
    });
    CHECK(pair.write(many_lines()).meaning == Meaning::lines_refused);
    CHECK(pair.got.size() == 2);
    wrong = false;
    CHECK(pair.write(many_lines()).meaning == Meaning::taken);
    CHECK(is_gzip(pair.got[2]));
}
