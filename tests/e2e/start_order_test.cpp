// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/private_mounts.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <fstream>

using namespace test;

TEST_CASE("started in reverse order and before its names are known everything comes up by itself") {
    TempFolder const folder;
    // The names that this test's programs can resolve. There is nothing else to ask.
    enter_private_mounts();
    auto const names = folder.write("hosts", "127.0.0.1 localhost\n");
    auto const resolver = folder.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    ReplacedFile const own_names(names, "/etc/hosts");
    ReplacedFile const own_resolver(resolver, "/etc/resolv.conf");

    Broker::Plan later;
    later.start_now = false;
    Broker broker(folder, later);
    Arguments const by_name = {"--mqtt-host", "broker.test", "--mqtt-port", std::to_string(broker.port())};
    Program sink(folder, "mqtt-sink", by_name + Arguments{"--database", folder / "store.db"});
    Program bridge(folder, "mfm2mqtt", by_name + serial_port(folder / "board") + quick());

    // Both have come as far as they can: up, alive, not ready.
    for (auto* program : {&sink, &bridge}) {
        REQUIRE(eventually([&] { return program->get("/healthz").status == 200; }));
        CHECK(program->get("/readyz").status == 503);
    }
    CHECK(throughout(2s, [&] { return sink.running() && bridge.running(); }));
    for (auto* program : {&sink, &bridge}) {
        INFO(program->log());
        CHECK(eventually([&] { return program->log().find("broker.test") != std::string::npos; }));
    }

    broker.start();
    CHECK(throughout(1s, [&] { return sink.running() && bridge.running(); }));
    {
        std::ofstream file(names, std::ios::app);
        file << "127.0.0.1 broker.test\n";
    }
    SerialLine line(folder / "board");
    REQUIRE(line.opened());
    Database const database(folder / "store.db");
    int wobble = 0;
    CHECK(eventually(
        [&] {
            line.write(mains_line(1, 50'000 + (wobble++ % 7)));
            return database.count("device = 'mains' AND field = 'frequency_hz'") > 0;
        },
        40s));
    CHECK(eventually([&] {
        line.write(mains_line(1, 50'000 + (wobble++ % 7)));
        return sink.ready() && bridge.ready();
    }));
}
