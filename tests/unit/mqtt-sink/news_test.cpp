// SPDX-License-Identifier: MIT
#include "mqtt-sink/news.hpp"
#include "mqtt-sink/device_json.hpp"

#include "catch.hpp"

using namespace sink;

namespace {

Measurement measured(std::string_view device, std::string_view channel, std::int64_t ts,
                     std::vector<bridge::Reading> readings) {
    return {"mfm", device, channel, bridge::Timestamp(std::chrono::milliseconds(ts)), std::move(readings)};
}

Availability said(std::string_view device, bool online) { return {"mfm", device, {}, online}; }

}  // namespace

TEST_CASE("news is each channel's newest reading and each availability") {
    Devices news;
    note(news, measured("b", "", 5, {{"v", 1.5}}));
    note(news, measured("b", "", 7, {{"v", 2.5}, {"t_text", "x\"y"}}));
    note(news, measured("b", "", 6, {{"v", 9.0}}));
    note(news, measured("b", "kh", 1, {{"n", std::int64_t{3}}}));
    note(news, measured("b", "ca", 1, {{"n", std::int64_t{4}}}));
    note(news, said("b", true));
    note(news, said("a", true));
    note(news, said("a", false));
    CHECK(to_json(news) ==
          R"([{"base":"mfm","device":"a","availability":"offline","channels":[]},)"
          R"({"base":"mfm","device":"b","availability":"online","ts":7,"channels":[)"
          R"({"channel":"","ts":7,"fields":{"v":2.5,"t_text":"x\"y"}},)"
          R"({"channel":"ca","ts":1,"fields":{"n":4}},{"channel":"kh","ts":1,"fields":{"n":3}}]}])");
}

TEST_CASE("readings of the same time are one") {
    Devices news;
    note(news, measured("a", "", 5, {{"x", 1.5}, {"y", 1.5}}));
    note(news, measured("a", "", 5, {{"y", 2.5}, {"z", 2.5}}));
    CHECK(
        to_json(news) ==
        R"([{"base":"mfm","device":"a","ts":5,"channels":[{"channel":"","ts":5,"fields":{"x":1.5,"y":2.5,"z":2.5}}]}])");
}

TEST_CASE("later news is added to earlier news") {
    Devices news, later;
    note(news, measured("a", "", 5, {{"x", 1.5}}));
    note(news, said("a", true));
    note(later, measured("a", "", 6, {{"x", 2.5}}));
    note(later, measured("b", "", 6, {{"x", 3.5}}));
    merge(news, later);
    CHECK(later.empty());
    CHECK(
        to_json(news) ==
        R"([{"base":"mfm","device":"a","availability":"online","ts":6,"channels":[{"channel":"","ts":6,"fields":{"x":2.5}}]},)"
        R"({"base":"mfm","device":"b","ts":6,"channels":[{"channel":"","ts":6,"fields":{"x":3.5}}]}])");
}

TEST_CASE("one reading and one availability are shown flat") {
    CHECK(reading_json({"isems", "n\"1"}, {"kh", 5, {{"x", 1.25}}}) ==
          R"({"base":"isems","device":"n\"1","channel":"kh","ts":5,"fields":{"x":1.25}})");
    CHECK(availability_json({"isems", "n"}, "offline") ==
          R"({"base":"isems","device":"n","availability":"offline"})");
}
