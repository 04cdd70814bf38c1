// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <array>
#include <memory>
#include <string>

using namespace test;

namespace {

constexpr std::size_t boards = 4;
constexpr int rounds = 50;
constexpr int lines_each = 5;

struct Board {
    std::string name;
    std::filesystem::path link;
    std::unique_ptr<SerialLine> line = nullptr;
};

}  // namespace

TEST_CASE("200 times unplugged and plugged in again the bridge stays and misses no line") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/+/availability", "mfm/bridge/state"});
    std::array<Board, boards> all;
    std::string targets;
    for (std::size_t i = 0; i < boards; ++i) {
        std::string const name = "board" + std::to_string(i);
        all.at(i) = {name, folder / name};
        targets += (i == 0 ? "" : ",") + name + "=" + all.at(i).link.string();
    }
    // A small quarantine: freed memory that a sanitizer holds back is not a leak.
    Variables variables;
    if (char const* options = std::getenv("ASAN_OPTIONS"))
        variables["ASAN_OPTIONS"] = std::string(options) + ":";
    variables["ASAN_OPTIONS"] += "quarantine_size_mb=1";
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + Arguments{"--serial-port", targets} + quick(), variables);
    REQUIRE(probe.sees("mfm/bridge/state", "online"));

    std::size_t files_early = 0, kib_early = 0;
    int lines = 0;
    for (int round = 0; round < rounds; ++round) {
        INFO("round " << round);
        for (auto& board : all) board.line = std::make_unique<SerialLine>(board.link);
        for (auto& board : all) {
            INFO(board.name);
            REQUIRE(board.line->opened());
            for (int i = 0; i < lines_each; ++i) board.line->write(mains_line(1, 50'000 + i));
        }
        lines += lines_each;
        for (auto& board : all) {
            bool const counted = eventually([&] {
                return bridge.metric("mfm2mqtt_lines_total", {{"device", board.name}}) >= lines;
            });
            INFO(board.name << ": " << bridge.metric("mfm2mqtt_lines_total", {{"device", board.name}})
                            << " of " << lines);
            REQUIRE(counted);
        }
        for (auto& board : all) board.line.reset();
        for (auto& board : all) {
            INFO(board.name);
            REQUIRE(probe.sees("mfm/" + board.name + "/availability", "offline"));
        }
        REQUIRE(bridge.running());
        if (round == rounds / 5) {
            files_early = bridge.process().open_files();
            kib_early = bridge.process().resident_kib();
        }
    }
    for (auto& board : all) {
        CHECK(bridge.metric("mfm2mqtt_lines_total", {{"device", board.name}}) == lines);
    }
    CHECK(bridge.metric("mfm2mqtt_rejected_lines_total") == 0);
    CHECK(eventually([&] { return bridge.process().open_files() <= files_early; }));
    CHECK(bridge.process().resident_kib() < kib_early + 4096);
    CHECK(probe.last("mfm/bridge/state")->payload == "online");
    CHECK(bridge.stop() == 0);
}

TEST_CASE("a board is offline while it is unplugged and online when it measures again") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    for (int round = 0; round < 3; ++round) {
        INFO("round " << round);
        auto line = std::make_unique<SerialLine>(folder / "board");
        REQUIRE(line->opened());
        int wobble = 0;
        REQUIRE(eventually([&] {
            line->write(mains_line(2, 50'000 + (wobble++ % 7)));
            auto const state = probe.last("mfm/mains/availability");
            return state && state->payload == "online";
        }));
        line.reset();
        REQUIRE(probe.sees("mfm/mains/availability", "offline"));
        CHECK(probe.last("mfm/bridge/state")->payload == "online");
        // Nothing stale follows.
        probe.catch_up();
        auto const before = probe.on("mfm/mains").size();
        CHECK(throughout(1s, [&] { return probe.on("mfm/mains").size() == before; }));
        auto const readiness = bridge.get("/readyz");
        CHECK(readiness.status == 503);
        CHECK(readiness.body.find("mains") != std::string::npos);
        CHECK(bridge.get("/healthz").status == 200);
    }
}
