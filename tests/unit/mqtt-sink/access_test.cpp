// SPDX-License-Identifier: MIT
#include "mqtt-sink/access.hpp"

#include "catch.hpp"

#include <set>

using namespace sink;
using namespace std::chrono_literals;
using Verdict = Access::Verdict;

namespace {

Access::Time const start{1000s};
std::string const token = "correct horse";

bridge::HttpRequest with(std::string const& header, std::string const& value) {
    bridge::HttpRequest request{"GET", "/", {}};
    request.headers[header] = value;
    return request;
}

bridge::HttpRequest const bare{"GET", "/", {}};

/// What a browser sends back of a `Set-Cookie`.
std::string sent_back(std::string const& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

}  // namespace

TEST_CASE("where no token is set this machine is let in and others are not") {
    CHECK(Access({true, false, ""}).judge(bare, start) == Verdict::welcome);
    CHECK(Access({false, false, ""}).judge(bare, start) == Verdict::closed);
    CHECK(Access({false, true, ""}).judge(bare, start) == Verdict::welcome);
    // No guess can be right where nothing is.
    CHECK(Access({false, false, ""}).judge(with("authorization", "Bearer "), start) == Verdict::closed);
    CHECK(Access({false, false, ""}).log_in("", start) == Verdict::token_needed);
}

TEST_CASE("a request without a token must name this machine") {
    Access loopback({true, false, ""});
    for (auto const* host : {"localhost", "localhost:9300", "127.0.0.1:9300", "[::1]:9300", "[::1]",
                             "192.168.1.2", "10.0.0.1:80"}) {
        INFO(host);
        CHECK(loopback.judge(with("host", host), start) == Verdict::welcome);
    }
    for (auto const* host :
         {"example.org", "example.org:9300", "localhost.example.org", "127.0.0.1.example.org",
          "127.0.0.1:80.example.org", "[::1", "a]:80", "1.2.3", "localhost:x:9300"}) {
        INFO(host);
        CHECK(loopback.judge(with("host", host), start) == Verdict::foreign_name);
    }
    CHECK(Access({true, true, ""}).judge(with("host", "example.org"), start) == Verdict::welcome);
    CHECK(Access({true, false, token}).judge(with("host", "example.org"), start) == Verdict::token_needed);
}

TEST_CASE("where a token is set it is needed, and nothing but it will do") {
    for (bool const loopback : {true, false}) {
        Access access({loopback, true, token});
        CHECK(access.judge(bare, start) == Verdict::token_needed);
        CHECK(access.judge(with("authorization", "Bearer " + token), start) == Verdict::welcome);
        for (auto const* wrong : {"Bearer correct hors", "Bearer correct horsf", "Bearer ",
                                  "bearer correct horse", "correct horse", "Basic correct horse"}) {
            INFO(wrong);
            CHECK(access.judge(with("authorization", wrong), start + 1h) == Verdict::token_needed);
        }
    }
}

TEST_CASE("a browser is let in by its cookie, over restarts and until the token changes") {
    Access const access({false, false, token});
    auto const cookie = access.cookie();
    CHECK(cookie.find("; HttpOnly") != std::string::npos);
    CHECK(cookie.find("; SameSite=Strict") != std::string::npos);
    CHECK(cookie.find(token) == std::string::npos);
    Access restarted({false, false, token});
    CHECK(restarted.cookie() == cookie);
    CHECK(restarted.judge(with("cookie", sent_back(cookie)), start) == Verdict::welcome);
    CHECK(restarted.judge(with("cookie", "a=b; " + sent_back(cookie) + "; c=d"), start) == Verdict::welcome);
    auto changed = sent_back(cookie);
    changed.back() = changed.back() == '0' ? '1' : '0';
    CHECK(restarted.judge(with("cookie", changed), start) == Verdict::token_needed);
    CHECK(restarted.judge(with("cookie", token), start) == Verdict::token_needed);
    Access other({false, false, token + "s"});
    CHECK(other.judge(with("cookie", sent_back(cookie)), start) == Verdict::token_needed);
    // Of two sinks on one machine neither takes the other's place.
    CHECK(other.cookie().substr(0, 18) != cookie.substr(0, 18));
}

TEST_CASE("after five wrong tokens all but one a second are called too many, and the right one is let in") {
    Access access({false, false, token});
    for (int i = 0; i < 20; ++i) CHECK(access.log_in(token, start) == Verdict::welcome);
    for (int i = 0; i < 5; ++i) CHECK(access.log_in("wrong", start) == Verdict::token_needed);
    CHECK(access.log_in("wrong", start) == Verdict::too_many_tries);
    // Nobody is kept out by what others try.
    CHECK(access.log_in(token, start) == Verdict::welcome);
    CHECK(access.judge(with("authorization", "Bearer " + token), start) == Verdict::welcome);
    CHECK(access.judge(with("cookie", sent_back(access.cookie())), start) == Verdict::welcome);
    int looked_at = 0;
    for (int i = 0; i < 10'000; ++i)
        looked_at += access.log_in("wrong", start + 1s + i * 1ms) == Verdict::token_needed ? 1 : 0;
    CHECK(looked_at >= 9);
    CHECK(looked_at <= 11);
}

TEST_CASE("a cookie is found by its whole name") {
    CHECK(cookie_in("a=1; b=2;c=3", "b") == "2");
    CHECK(cookie_in("a=1; b=2;c=3", "c") == "3");
    CHECK(cookie_in("aa=1; a=2", "a") == "2");
    CHECK(cookie_in("a=", "a").empty());
    CHECK(cookie_in("b; xa=1; a", "a").empty());
    CHECK(cookie_in("", "a").empty());
    CHECK(cookie_in(";;; ;", "a").empty());
}
