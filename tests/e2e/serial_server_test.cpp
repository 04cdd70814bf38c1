// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

using namespace test;

TEST_CASE("a board behind a serial server is read, and again after the server was away") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/mains", "mfm/mains/availability"});
    FreePort const server;
    Process const board(
        folder, {program_path("devsim"), {"mfm", "--port", server.text(), "--fault", "unplug@8s+4s"}});
    Program bridge(
        folder, "mfm2mqtt",
        broker_at(broker.port()) + Arguments{"--serial-port", "tcp://" + server.address()} + quick());
    REQUIRE(probe.sees("mfm/mains/availability", "online"));
    REQUIRE(probe.sees("mfm/mains/availability", "offline"));
    auto const before = probe.on("mfm/mains").size();
    CHECK(before > 0);
    CHECK(probe.sees("mfm/mains/availability", "online"));
    CHECK(eventually([&] { return probe.on("mfm/mains").size() > before; }));
    CHECK(bridge.stop() == 0);
}
