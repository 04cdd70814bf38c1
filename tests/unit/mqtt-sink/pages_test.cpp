// SPDX-License-Identifier: MIT
#include "mqtt-sink/pages.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <string>

using namespace sink;

namespace {

std::string policy(bridge::HttpResponse const& response) {
    for (auto const& [name, value] : response.headers) {
        if (name == "Content-Security-Policy") return value;
    }
    return {};
}

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a page's script and style are let in by their hashes") {
    // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    auto const text = content_security_policy("<style>b{}</style><script>alert(1)</script>");
    CHECK_THAT(text, contains_text("default-src 'none'") &&
                         contains_text("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"));
    CHECK_THAT(text, !contains_text("unsafe"));
    CHECK_THAT(content_security_policy("<p>"), contains_text("script-src 'none'; style-src 'none'"));
    CHECK(content_security_policy("<script>a</script>") != content_security_policy("<script>b</script>"));
}

TEST_CASE("the pages need nothing but themselves") {
    for (auto const& page : {overview_page(), login_page(401, "")}) {
        auto const& html = page.body;
        CHECK(page.content_type == "text/html; charset=utf-8");
        CHECK(policy(page) == content_security_policy(html));
        CHECK(count(html, "<script") <= 1);
        CHECK(count(html, "<style") == 1);
        for (auto const* foreign :
             {"http://", "https://", "src=", " style=", " onclick", "@import", "url("}) {
            INFO(foreign);
            CHECK(count(html, foreign) == 0);
        }
    }
    // What devices say is never markup.
    for (auto const* markup : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
        CHECK(count(overview_page().body, markup) == 0);
}

TEST_CASE("the form for the token says what was wrong") {
    auto const page = login_page(429, "Wait.");
    CHECK(page.status == 429);
    CHECK_THAT(page.body, contains_text("role=\"alert\">Wait.</p>"));
    CHECK_THAT(login_page(401, "").body, contains_text("role=\"alert\"></p>"));
}
