// SPDX-License-Identifier: MIT
#include "mqtt-sink/topic.hpp"

#include "catch.hpp"

using sink::parse_topic;
using sink::Topic;

namespace {

void check_readings(char const* text, char const* base, char const* device, char const* channel) {
    INFO(text);
    auto const topic = parse_topic(text);
    CHECK(topic.kind == Topic::Kind::readings);
    CHECK(topic.base == base);
    CHECK(topic.device == device);
    CHECK(topic.channel == channel);
}

}  // namespace

TEST_CASE("a topic names base and device and channel") {
    check_readings("mfm/mains", "mfm", "mains", "");
    check_readings("mfm/mains/10s", "mfm", "mains", "10s");
    check_readings("mfm/mains/settings", "mfm", "mains", "settings");
    check_readings("zigbee/house/cellar/pump/power", "zigbee", "house", "cellar/pump/power");
    check_readings("temperature", "temperature", "", "");
    check_readings("a/b/c/d/e/f/g/h", "a", "b", "c/d/e/f/g/h");
}

TEST_CASE("history is stored as what it is the history of") {
    check_readings("mfm/mains/history", "mfm", "mains", "");
    check_readings("mfm/mains/history/10s", "mfm", "mains", "10s");
}

TEST_CASE("availability is of a device") {
    CHECK(parse_topic("mfm/mains/availability").kind == Topic::Kind::availability);
    CHECK(parse_topic("mfm/mains/availability").device == "mains");
    check_readings("mfm/mains/availability/of", "mfm", "mains", "availability/of");
}

TEST_CASE("an event is of a device") {
    CHECK(parse_topic("mfm/mains/event").kind == Topic::Kind::event);
    CHECK(parse_topic("mfm/mains/event").device == "mains");
}

TEST_CASE("a bridge says how it is") {
    CHECK(parse_topic("mfm/bridge/state").kind == Topic::Kind::bridge_state);
    CHECK(parse_topic("mfm/bridge/state").base == "mfm");
    check_readings("mfm/mains/state", "mfm", "mains", "state");
}

TEST_CASE("our own other topics are not for the store") {
    for (auto const* text :
         {"mfm/bridge", "mfm/bridge/info", "mfm/bridge/state/x", "mfm/bridge/request/reload",
          "mfm/mains/alerts", "mfm/mains/event/x", "mfm/bridge/event", "mfm/mains/value/frequency_hz",
          "mfm/mains/set/limit", "mfm/mains/set_result"}) {
        INFO(text);
        CHECK(parse_topic(text).kind == Topic::Kind::ignored);
    }
}

TEST_CASE("a topic with an empty level or too many is refused") {
    for (auto const* text : {"", "/", "/mfm", "mfm/", "mfm//mains", "a/b/c/d/e/f/g/h/i"}) {
        INFO(text);
        CHECK(parse_topic(text).kind == Topic::Kind::refused);
    }
}
