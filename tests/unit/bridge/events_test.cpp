// SPDX-License-Identifier: MIT
#include <bridge/events.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

using bridge::Condition;
using bridge::Events;
using bridge::Severity;
using bridge::Timestamp;
using Json = nlohmann::json;
using std::chrono::milliseconds;

namespace {

Timestamp at(std::int64_t ms) { return Timestamp(milliseconds(ms)); }

std::vector<Condition> battery(bool low, bool hot = false) {
    return {{"battery_low", low, Severity::warning, "The battery is low."},
            {"battery_hot", hot, Severity::error, "The battery is hot."}};
}

Json payload(Events const& events, std::size_t index) {
    return Json::parse(events.pending().at(index).payload);
}

}  // namespace

TEST_CASE("a condition is an event when it begins and when it ends, and an alert in between") {
    Events events;
    CHECK_FALSE(events.conditions("roof", at(1000), battery(false)));
    CHECK(events.alerts_json("roof") == "[]");
    CHECK(events.conditions("roof", at(2000), battery(true)));
    CHECK_FALSE(events.conditions("roof", at(3000), battery(true)));
    CHECK(events.alerts_json("roof") ==
          R"([{"kind":"battery_low","since":2000,"severity":"warning","text":"The battery is low."}])");
    CHECK(events.conditions("roof", at(4000), battery(false)));
    CHECK(events.alerts_json("roof") == "[]");

    REQUIRE(events.pending().size() == 2);
    CHECK(
        events.pending()[0].payload ==
        R"({"ts":2000,"id":"battery_low-2000-raised","kind":"battery_low","severity":"warning","state":"raised",)"
        R"("text":"The battery is low."})");
    CHECK(payload(events, 1)["state"] == "cleared");
    CHECK(payload(events, 1)["ts"] == 4000);
    CHECK(payload(events, 1)["id"] != payload(events, 0)["id"]);
}

TEST_CASE("conditions that are not named or older than the newest change nothing") {
    Events events;
    REQUIRE(events.conditions("roof", at(2000), battery(true, true)));
    CHECK_FALSE(events.conditions("roof", at(1000), battery(false)));
    CHECK_FALSE(events.conditions("roof", at(3000), {}));
    CHECK(Json::parse(events.alerts_json("roof")).size() == 2);
    CHECK(events.conditions("roof", at(3000), {{"battery_hot", false, Severity::error, ""}}));
    CHECK(Json::parse(events.alerts_json("roof")).size() == 1);
}

TEST_CASE("devices do not share their conditions") {
    Events events;
    REQUIRE(events.conditions("roof", at(2000), battery(true)));
    REQUIRE(events.conditions("cellar", at(1000), battery(true)));
    CHECK(events.conditions("roof", at(3000), battery(false)));
    CHECK(events.alerts_json("cellar") != "[]");
    CHECK(events.alerts_json("garden") == "[]");
    CHECK(events.devices() == std::vector<std::string>{"cellar", "roof"});
}

TEST_CASE("what happened once is an event once for each id") {
    Events events;
    bridge::Occurrence const fault{at(5000), "fault-5-701", "fault", Severity::error, "low pressure (701)"};
    CHECK(events.occurred("heatpump", fault));
    CHECK_FALSE(events.occurred("heatpump", fault));
    CHECK(events.occurred("other", fault));
    CHECK(payload(events, 0)["state"] == "once");
    CHECK(payload(events, 0)["id"] == "fault-5-701");
    CHECK(payload(events, 0)["severity"] == "error");
    CHECK(events.alerts_json("heatpump") == "[]");
}

TEST_CASE("what is kept of events is all that counts after a restart") {
    Events before;
    REQUIRE(before.conditions("roof", at(2000), battery(true)));
    REQUIRE(
        before.occurred("roof", {at(1), "x", "fault", Severity::critical, "text with \"quotes\" and \xff"}));
    REQUIRE(before.conditions("roof", at(3000), battery(true, true)));
    before.acknowledged(before.pending().front().number);

    auto const read = Events::from_text(before.to_text());
    REQUIRE(read.has_value());
    Events after = *read;
    CHECK(after.pending().size() == 2);
    CHECK(payload(after, 0) == payload(before, 0));
    CHECK(payload(after, 1) == payload(before, 1));
    CHECK(after.alerts_json("roof") == before.alerts_json("roof"));
    CHECK_FALSE(after.conditions("roof", at(4000), battery(true, true)));
    CHECK_FALSE(after.occurred("roof", {at(1), "x", "fault", Severity::critical, ""}));
    CHECK_FALSE(after.conditions("roof", at(3500), battery(false, false)));
}

TEST_CASE("a text that is not what is kept of events is refused, however near it is") {
    Events events;
    REQUIRE(events.conditions("roof", at(2000), battery(true)));
    REQUIRE(events.occurred("roof", {at(1), "x", "fault", Severity::info, ""}));
    std::string const text = events.to_text();
    REQUIRE(Events::from_text(text).has_value());
    for (std::size_t length = 0; length + 2 < text.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(Events::from_text(text.substr(0, length)).has_value());
    }
    for (auto const& [from, to] : {std::pair("\"warning\"", "\"bad\""), std::pair("2000", "\"2000\""),
                                   std::pair("\"seen\"", "\"saw\""), std::pair("\"payload\"", "\"load\"")}) {
        std::string broken = text;
        CAPTURE(from);
        broken.replace(broken.find(from), std::string_view(from).size(), to);
        CHECK_FALSE(Events::from_text(broken).has_value());
    }
}

TEST_CASE("of too many events that nobody takes the oldest are dropped and counted") {
    Events events;
    for (int i = 0; i < 1010; ++i) {
        REQUIRE(events.occurred("roof", {at(i), std::to_string(i), "fault", Severity::info, ""}));
    }
    CHECK(events.dropped() == 10);
    REQUIRE(events.pending().size() == 1000);
    CHECK(payload(events, 0)["id"] == "10");
}
