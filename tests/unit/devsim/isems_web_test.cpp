// SPDX-License-Identifier: MIT
#include "devsim/isems_web.hpp"

#include "catch.hpp"

#include <chrono>
#include <set>

using namespace devsim;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

std::string const log_text = "solar-01;1;1785570000;ESP_2.0;1";

std::string request(std::string const& path) { return "GET " + path + " HTTP/1.1\r\nHost: node\r\n\r\n"; }

std::string answer(NodeGeneration generation, std::string const& path) {
    return isems_answer(generation, request(path), log_text);
}

bool is_page(std::string const& answer) { return answer.find("<!DOCTYPE html>") != std::string::npos; }
bool is_log(std::string const& answer) { return answer.ends_with("\r\n\r\n" + log_text); }

std::vector<FaultScript> faults(std::string_view text, std::size_t nodes = 5) {
    auto scripts = isems_faults(text, nodes);
    REQUIRE(scripts.has_value());
    return *scripts;
}

}  // namespace

TEST_CASE("each generation has its log where it has it and nothing else says 404 but a router") {
    CHECK(is_log(answer(NodeGeneration::router, "/ISEMS/ffopenmppt.log")));
    CHECK(answer(NodeGeneration::router, "/csv.log").starts_with("HTTP/1.1 404"));
    for (auto const* path : {"/ISEMS/ffopenmppt.log", "/csv.log", "/.log"})
        CHECK(is_log(answer(NodeGeneration::esp32_2020, path)));
    CHECK(is_page(answer(NodeGeneration::esp32_2020, "/")));
    CHECK(is_log(answer(NodeGeneration::esp32_2021, "/csv.log")));
    for (auto const* path : {"/", "/ISEMS/ffopenmppt.log", "/csv.log?x=1"}) {
        auto const page = answer(NodeGeneration::esp32_2021, path);
        CHECK(page.starts_with("HTTP/1.0 200 OK\r\n"));
        CHECK(is_page(page));
    }
}

TEST_CASE("faults are of the nodes that are named") {
    auto const scripts = faults("1-2:dead@0+1h; 4:html@10s+5s ;all:torn@20+1s;zero@1h");
    CHECK(scripts[0].lasting("dead", seconds(1)));
    CHECK(scripts[1].lasting("dead", seconds(1)));
    CHECK_FALSE(scripts[2].lasting("dead", seconds(1)));
    CHECK(scripts[3].lasting("html", seconds(12)));
    for (auto const& script : scripts) {
        CHECK(script.lasting("torn", seconds(20)));
        CHECK(script.lasting("zero", hours(1)));
    }
    for (auto const* wrong : {"6:dead@0", "0:dead@0", "3-2:dead@0", "x:dead@0", "1:unplug@0", "1:clock@0"})
        CHECK_FALSE(isems_faults(wrong, 5).has_value());
}

TEST_CASE("a torn log ends within its newest line") {
    Random random(1);
    std::string const log = "first;line\nsecond;line";
    std::set<std::size_t> lengths;
    for (int i = 0; i < 1000; ++i) {
        for (auto const* end : {"", "\n"}) {
            auto const torn = torn_log(log + end, random);
            CHECK(log.starts_with(torn));
            lengths.insert(torn.size());
        }
    }
    CHECK(*lengths.begin() == 12);
    CHECK(*lengths.rbegin() == log.size() - 1);
}

TEST_CASE("a wrong clock is in 1970, in 1973 or tomorrow") {
    constexpr std::int64_t now = 1785570000;
    CHECK(line_date(faults("")[0], seconds(5), now) == now);
    CHECK(line_date(faults("clock=boot@0")[0], seconds(4), now) == 24);
    CHECK(line_date(faults("clock=past@0")[0], seconds(4), now) == 123456793);
    CHECK(line_date(faults("clock=future@0")[0], seconds(4), now) == now + 86400);
}
