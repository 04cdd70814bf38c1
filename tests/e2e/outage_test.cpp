// SPDX-License-Identifier: MIT
#include "mains_chain.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/private_mounts.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

using namespace test;

namespace {

using Json = nlohmann::json;

/// The limits of what a kill may cost: what was measured in the second before, and slack for a slow machine.
constexpr std::int64_t most_lost = 40;

std::uintmax_t bytes_in(std::filesystem::path const& folder) {
    std::uintmax_t sum = 0;
    for (auto const& file : std::filesystem::directory_iterator(folder)) sum += file.file_size();
    return sum;
}

/// The reading's topic, live, never shows an older reading after a newer one.
bool goes_forward(MqttProbe const& probe) {
    std::int64_t newest = 0;
    for (auto const& message : probe.on("mfm/mains")) {
        auto const ts = Json::parse(message.payload, nullptr, false).value("ts", std::int64_t{0});
        if (ts < newest) return false;
        newest = ts;
    }
    return newest > 0;
}

/// All that the bridge took before it began anew is stored. (Numbers of a first life are small.)
void check_first_life(MainsChain const& chain, double taken) {
    CHECK(eventually([&] { return static_cast<double>(chain.arrived("value < 100000")) >= taken; }));
    auto numbers = chain.stored();
    std::erase_if(numbers, [](auto n) { return n >= 100'000; });
    REQUIRE_FALSE(numbers.empty());
    CHECK(numbers.back() == static_cast<std::int64_t>(numbers.size()));
}

}  // namespace

TEST_CASE("a broker away and a bridge killed meanwhile cost no more than the last second") {
    TempFolder const folder;
    Broker broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    MainsChain chain(folder, broker.port());
    Program& bridge = chain.bridge;
    REQUIRE(chain.stores(20));
    CHECK(eventually([&] { return bytes_in(folder / "state/spool") == 0; }));

    broker.stop();
    REQUIRE(eventually([&] { return chain.waiting() > 50; }));
    auto const last_given = static_cast<std::int64_t>(chain.taken());
    bridge.kill();
    CHECK(bytes_in(folder / "state/spool") > 0);
    bridge.start();
    REQUIRE(eventually([&] { return chain.waiting() > 100; }));
    CHECK(bridge.log().find("event=found") != std::string::npos);

    broker.start();
    INFO(bridge.log());
    REQUIRE(eventually([&] { return chain.waiting() < 3 && bytes_in(folder / "state/spool") == 0; }));
    CHECK(bridge.metric("mfm2mqtt_readings_dropped_total") == 0);
    auto const enough = static_cast<std::size_t>(last_given) + 60;
    REQUIRE(chain.stores(enough));

    // What a slow machine's sink is behind with comes as history, after the newest.
    std::vector<std::int64_t> numbers, lost_by_the_kill;
    REQUIRE(eventually([&] {
        numbers = chain.stored();
        lost_by_the_kill = gaps(numbers);
        return lost_by_the_kill.size() == 1;
    }));
    CHECK(numbers.front() == 1);
    CHECK(last_given - lost_by_the_kill.front() <= most_lost);
    CHECK(eventually([&] { return !probe.on("mfm/mains/history").empty(); }));
    CHECK(goes_forward(probe));
    CHECK(bridge.stop() == 0);
}

TEST_CASE("a bridge stopped while the broker is away keeps every reading for its next start") {
    TempFolder const folder;
    Broker broker(folder);
    MainsChain chain(folder, broker.port());
    Program& bridge = chain.bridge;
    REQUIRE(chain.stores(5));
    broker.stop();
    REQUIRE(eventually([&] { return chain.waiting() > 15; }));
    auto const given = chain.taken();
    CHECK(bridge.stop() == 0);
    broker.start();
    bridge.start();
    REQUIRE(eventually([&] { return bridge.ready() && chain.waiting() < 3; }));
    check_first_life(chain, given);
}

TEST_CASE("settings read anew while the broker is away cost no reading") {
    TempFolder const folder;
    Broker broker(folder);
    MainsChain chain(folder, broker.port());
    Program& bridge = chain.bridge;
    REQUIRE(chain.stores(5));
    broker.stop();
    REQUIRE(eventually([&] { return chain.waiting() > 15; }));
    auto const process = bridge.process().id();
    auto const given = chain.taken();
    bridge.process().signal(SIGHUP);
    // What waited waits still, and what comes joins it.
    REQUIRE(eventually([&] { return bridge.log().find("event=found") != std::string::npos; }));
    REQUIRE(eventually([&] { return chain.taken() > 10 && chain.waiting() > 25; }));
    broker.start();
    REQUIRE(eventually([&] { return bridge.ready() && chain.waiting() < 3; }));
    CHECK(bridge.process().id() == process);
    CHECK(bridge.running());
    CHECK(bridge.metric("mfm2mqtt_readings_dropped_total") == 0);
    check_first_life(chain, given);
}

TEST_CASE("a spool without room keeps readings in memory and goes on when there is room") {
    TempFolder const folder;
    enter_private_mounts();
    constexpr std::size_t kibibyte = 1024;
    SmallDisk const disk(folder / "state", 64 * kibibyte);
    Broker broker(folder);
    MainsChain chain(folder, broker.port());
    Program& bridge = chain.bridge;
    REQUIRE(chain.stores(5));
    {
        std::ofstream filler(folder / "state/filler", std::ios::binary);
        for (int i = 0; i < 64 && filler; ++i) filler << std::string(kibibyte, 'x') << std::flush;
    }
    broker.stop();
    REQUIRE(eventually([&] { return bridge.log().find("event=refused") != std::string::npos; }));
    REQUIRE(eventually([&] { return chain.waiting() > 30; }));
    INFO(bridge.log());

    SECTION("until the broker is back") {}
    SECTION("until there is room, and then on disk") {
        std::filesystem::remove(folder / "state/filler");
        REQUIRE(eventually([&] { return bridge.log().find("event=keeping") != std::string::npos; }));
        bridge.kill();
        bridge.start();
    }
    broker.start();
    REQUIRE(eventually([&] { return bridge.ready() && chain.waiting() < 3; }));
    auto const& log = bridge.log();
    CHECK(std::count(log.begin(), log.end(), '\n') < 30);
    REQUIRE(eventually([&] {
        auto const numbers = chain.stored();
        // The first life's numbers are small, and 30 of them were waiting.
        return std::count_if(numbers.begin(), numbers.end(), [](auto n) { return n < 100'000; }) > 30;
    }));
    auto numbers = chain.stored();
    std::erase_if(numbers, [](auto n) { return n >= 100'000; });
    CHECK(numbers.back() == static_cast<std::int64_t>(numbers.size()));
}
