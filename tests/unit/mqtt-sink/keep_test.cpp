// SPDX-License-Identifier: MIT
#include "mqtt-sink/keep.hpp"

#include "catch.hpp"

using sink::Keep;
using std::chrono::days;

namespace {

Keep keep(std::string_view text) {
    auto const parsed = Keep::parse(text);
    INFO(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

}  // namespace

TEST_CASE("how long is kept is said by base or for all that are not named") {
    CHECK(keep("").is_all());
    CHECK(keep("mfm=forever").is_all());
    CHECK_FALSE(keep("90d").is_all());
    CHECK(keep("mfm=90d, isems=2y").limit("mfm") == days(90));
    CHECK(keep("mfm=90d, isems=2y").limit("isems") == days(730));
    CHECK(keep("mfm=90d").limit("luxtronik") == std::nullopt);
    CHECK(keep("1y,mfm=forever").limit("luxtronik") == days(365));
    CHECK(keep("1y,mfm=forever").limit("mfm") == std::nullopt);
    CHECK(keep("house/mfm=90d").limit("house/mfm") == days(90));
}

TEST_CASE("what is no time to keep is refused") {
    for (auto const* text : {"90", "mfm=", "=90d", "mfm", "0d", "-1d", "90 days", "mfm=90d,mfm=80d", "1d,2d",
                             "90d,", ",", "1.5y", "2000y", "99999999999d"}) {
        INFO(text);
        CHECK_FALSE(Keep::parse(text).has_value());
    }
}

TEST_CASE("a base that is kept shorter than by another rule is found") {
    CHECK(keep("").shorter_than(keep("90d")) == std::nullopt);
    CHECK(keep("90d").shorter_than(keep("90d")) == std::nullopt);
    CHECK(keep("90d").shorter_than(keep("")) == "");
    CHECK(keep("1y").shorter_than(keep("90d,mfm=2y")) == "mfm");
    CHECK(keep("mfm=30d").shorter_than(keep("90d")) == "mfm");
    CHECK(keep("1y,mfm=forever").shorter_than(keep("90d,mfm=forever")) == std::nullopt);
}
