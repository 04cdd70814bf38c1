// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/fault_switch.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

using namespace test;

TEST_CASE("a board behind a serial server is read, and again after the server was away") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/mains", "mfm/mains/availability"});
    FreePort const server;
    FaultSwitch const faults(folder);
    Process const board(
        folder, {program_path("devsim"), Arguments{"mfm", "--port", server.text()} + faults.arguments()});
    Program bridge(
        folder, "mfm2mqtt",
        broker_at(broker.port()) + Arguments{"--serial-port", "tcp://" + server.address()} + quick());
    REQUIRE(probe.sees("mfm/mains/availability", "online"));
    faults.turn_on(board, "unplug");
    REQUIRE(probe.sees("mfm/mains/availability", "offline"));
    auto const before = probe.on("mfm/mains").size();
    CHECK(before > 0);
    faults.turn_off(board);
    CHECK(probe.sees("mfm/mains/availability", "online"));
    CHECK(eventually([&] { return probe.on("mfm/mains").size() > before; }));
    CHECK(bridge.stop() == 0);
}

TEST_CASE("a simulator whose file of faults becomes wrong ends and says why") {
    TempFolder const folder;
    FreePort const server;
    FaultSwitch const faults(folder);
    Process board(folder,
                  {program_path("devsim"), Arguments{"mfm", "--port", server.text()} + faults.arguments()});
    REQUIRE(eventually([&] { return bool(connect_to(server.number())); }));
    faults.turn_on(board, "unplugged");
    CHECK(board.wait_for_exit(30s) == 2);
    CHECK(board.errors().find("unplugged@") != std::string::npos);
}
