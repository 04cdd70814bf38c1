// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include "catch.hpp"

#include <string>

using bridge::Outbox;

namespace {

bool never(std::string const&) { return false; }

}  // namespace

TEST_CASE("a late reading goes to history and is nobody's newest") {
    Outbox outbox({}, never);
    outbox.add("isems/roof", "", "new");
    outbox.add("isems/roof", "", "late", true);
    auto const sent = outbox.take();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].topic == "isems/roof");
    CHECK(sent[0].payload == "new");
    CHECK(sent[1].topic == "isems/roof/history");
    CHECK(sent[1].payload == "late");
    for (auto const& message : sent) outbox.acknowledged(message.id);
    CHECK(outbox.settled());
}

TEST_CASE("a late reading may be the only one that waits") {
    Outbox outbox({}, never);
    outbox.add("isems/roof", "10s", "new");
    for (auto const& message : outbox.take()) outbox.acknowledged(message.id);
    outbox.add("isems/roof", "10s", "late", true);
    outbox.disconnected();
    auto const sent = outbox.take();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].topic == "isems/roof/history/10s");
}

TEST_CASE("too many late readings are dropped oldest first and counted, and the newest stays") {
    Outbox outbox({1000, 200, 20}, never);
    outbox.add("isems/roof", "", "new");
    for (int i = 0; i < 20; ++i) outbox.add("isems/roof", "", std::string(90, 'x'), true);
    CHECK(outbox.dropped() == 11);
    CHECK(outbox.depth() == 10);
    CHECK(outbox.take().front().payload == "new");
}
