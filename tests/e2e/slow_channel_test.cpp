// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"
#include "steady_board.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace test;
using Json = nlohmann::json;

namespace {

/// Time until ten seconds of absolute time are over.
std::chrono::milliseconds until_ten_seconds_end() {
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return 10s - now % 10s;
}

}  // namespace

TEST_CASE("fast readings have a slow channel beside them: one reading of the same fields in ten seconds") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    SteadyBoard const board(folder / "board");
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(eventually([&] { return probe.on("mfm/mains/10s").size() >= 2; }, 40s));
    auto const second = Json::parse(probe.on("mfm/mains/10s").at(1).payload, nullptr, false);
    auto const fast = Json::parse(probe.on("mfm/mains").at(0).payload, nullptr, false);
    REQUIRE(second.is_object());
    REQUIRE(fast.is_object());
    for (auto const& [name, value] : fast.items()) {
        INFO(name);
        CHECK(second.contains(name));
    }
    CHECK(second.size() == fast.size());
    CHECK(second["line_count"].get<int>() > 5 * fast["line_count"].get<int>());
    CHECK(bridge.stop() == 0);
}

TEST_CASE("the slow channel's reading of a board that has fallen silent does not make it online") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    SerialLine line(folder / "board");
    Program const bridge(folder, "mfm2mqtt",
                         broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(line.opened());
    int wobble = 0;
    // Silent early in the ten seconds, so that they end when the board has been offline for long.
    REQUIRE(eventually([&] {
        line.write(mains_line(1, 50'000 + wobble++ % 7));
        auto const state = probe.last("mfm/mains/availability");
        return state && state->payload == "online" && until_ten_seconds_end() > 4s;
    }));
    auto const before = probe.on("mfm/mains/10s").size();
    REQUIRE(probe.sees("mfm/mains/availability", "offline"));
    REQUIRE(eventually([&] { return probe.on("mfm/mains/10s").size() > before; }));
    probe.catch_up();
    CHECK(throughout(1s, [&] { return probe.last("mfm/mains/availability")->payload == "offline"; }));
}
