// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include "catch.hpp"

using bridge::Outbox;

TEST_CASE("events wait for their acknowledgements in order and are not readings") {
    Outbox outbox({}, true);
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
