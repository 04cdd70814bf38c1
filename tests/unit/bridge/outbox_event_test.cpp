// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include "catch.hpp"

using bridge::Outbox;

TEST_CASE("events wait for their acknowledgements in order and are not readings") {
    Outbox outbox({}, [](std::string const&) { return true; });
    outbox.add_event("isems/roof/event", "first", 7);
    outbox.add_event("isems/roof/event", "second", 8);
    CHECK(outbox.depth() == 0);
    CHECK_FALSE(outbox.settled());
    auto const sent = outbox.take();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].topic == "isems/roof/event");
    CHECK(sent[0].payload == "first");
    CHECK_FALSE(sent[0].retain);
    CHECK(outbox.take().empty());

    CHECK(outbox.acknowledged_event(sent[1].id) == 8U);
    CHECK(outbox.acknowledged_event(sent[1].id) == std::nullopt);
    outbox.disconnected();
    auto const again = outbox.take();
    REQUIRE(again.size() == 1);
    CHECK(again[0].payload == "first");
    CHECK(outbox.acknowledged_event(sent[0].id) == std::nullopt);
    CHECK(outbox.acknowledged_event(again[0].id) == 7U);
    CHECK(outbox.settled());
    CHECK(outbox.delivered() == 0);
}

TEST_CASE("what the broker refused is unsent again, and only that") {
    Outbox outbox({}, [](std::string const&) { return false; });
    outbox.set_state("mfm/bridge/state", "online");
    outbox.add_event("mfm/mains/event", "event", 1);
    outbox.add("mfm/mains", "", "reading");
    outbox.add("mfm/mains", "", "overtaken", true);
    auto const sent = outbox.take();
    REQUIRE(sent.size() == 4);
    for (auto const& message : sent) CHECK(outbox.topic_of(message.id) == message.topic);
    CHECK(outbox.topic_of(sent.back().id + 1).empty());
    CHECK(outbox.take().empty());
    for (std::size_t refused = 0; refused < sent.size(); ++refused) {
        CAPTURE(refused);
        outbox.refused(sent[refused].id);
    }
    auto const again = outbox.take();
    REQUIRE(again.size() == 4);
    for (std::size_t i = 0; i < again.size(); ++i) {
        CHECK(again[i].topic == sent[i].topic);
        CHECK(again[i].payload == sent[i].payload);
    }
    outbox.refused(again[2].id);
    auto const one = outbox.take();
    REQUIRE(one.size() == 1);
    CHECK(one[0].payload == "reading");
}
