// SPDX-License-Identifier: MIT
#include "devsim/fault_script.hpp"

#include "catch.hpp"

#include <array>
#include <chrono>

using namespace devsim;
using namespace std::chrono_literals;

namespace {

constexpr std::array<CueKind, 4> vocabulary = {{
    {"reset", CueKind::Effect::moment, "", ""},
    {"mode", CueKind::Effect::moment, "1|2", ""},
    {"unplug", CueKind::Effect::span, "|power", ""},
    {"noise", CueKind::Effect::lines, "", ""},
}};

FaultScript script(std::string_view text) {
    FaultScript script(vocabulary);
    REQUIRE(script.parse(text).has_value());
    return script;
}

}  // namespace

TEST_CASE("a state lasts from its start up to its end") {
    auto const faults = script("unplug@20s+500ms");
    CHECK_FALSE(faults.lasting("unplug", 19.999s));
    CHECK(faults.lasting("unplug", 20s));
    CHECK(faults.lasting("unplug", 20.499s));
    CHECK_FALSE(faults.lasting("unplug", 20.5s));
    CHECK_FALSE(faults.lasting("noise", 20s));
}

TEST_CASE("a state without a duration lasts five seconds") {
    auto const faults = script("unplug=power@1min");
    REQUIRE(faults.lasting("unplug", 64.9s));
    CHECK(faults.lasting("unplug", 64.9s)->value == "power");
    CHECK_FALSE(faults.lasting("unplug", 65s));
}

TEST_CASE("a moment happens once, however late it is asked for") {
    auto faults = script("mode=2@20, mode=1@10s");
    CHECK_FALSE(faults.take("mode", 9s));
    REQUIRE(faults.mentions("mode"));
    Cue const* const first = faults.take("mode", 100s);
    REQUIRE(first);
    CHECK(first->value == "1");
    Cue const* const second = faults.take("mode", 100s);
    REQUIRE(second);
    CHECK(second->value == "2");
    CHECK_FALSE(faults.take("mode", 100s));
}

TEST_CASE("a line fault without a duration damages one line") {
    auto faults = script("noise@10s");
    Random random(1);
    CHECK_FALSE(faults.hits_line("noise", 9s, random));
    CHECK(faults.hits_line("noise", 11s, random));
    CHECK_FALSE(faults.hits_line("noise", 12s, random));
}

TEST_CASE("a line fault with a duration damages its share of the lines") {
    auto faults = script("noise=25%@0+1h");
    Random random(1);
    int damaged = 0;
    for (int i = 0; i < 10'000; ++i) damaged += faults.hits_line("noise", 5s, random) ? 1 : 0;
    CHECK(damaged > 2300);
    CHECK(damaged < 2700);
}

TEST_CASE("a script that cannot be meant is refused and names the cue") {
    for (auto const* text :
         {"unplug", "pull@3s", "unplug@", "unplug@3s+", "unplug@3s+0s", "unplug=fast@3s", "mode@3s",
          "mode=@3s", "mode=3@3s", "reset=1@3s", "reset@3s+1s", "noise=2@3s", "noise=x@3s", "noise=-1@3s",
          "unplug@-3s", "unplug@20sec", "unplug@1s+2s+3s", "reset@1s;reset@2s"}) {
        INFO(text);
        FaultScript faults(vocabulary);
        auto const parsed = faults.parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == bridge::Errc::config);
        CHECK(parsed.error().detail.find(text) != std::string::npos);
    }
}

TEST_CASE("a refused script leaves the one before in force") {
    auto faults = script("unplug@20s");
    CHECK_FALSE(faults.parse("unplug@30s,nonsense").has_value());
    CHECK(faults.lasting("unplug", 20s));
    CHECK_FALSE(faults.lasting("unplug", 30s));
}
