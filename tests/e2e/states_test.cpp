// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "steady_board.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/private_mounts.hpp"
#include "support/silent_name_server.hpp"

#include "catch.hpp"

#include <memory>

using namespace test;

namespace {

constexpr auto bridge_state = "mfm/bridge/state";
constexpr auto availability = "mfm/mains/availability";

/// A bridge with its board and broker, all up.
struct Site {
    TempFolder folder;
    Broker broker{folder};
    MqttProbe probe{broker.port(), {"mfm/#"}};
    std::unique_ptr<SteadyBoard> board = std::make_unique<SteadyBoard>(folder / "board");
    Program bridge{folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick()};

    Site() {
        REQUIRE(probe.sees(bridge_state, "online"));
        REQUIRE(probe.sees(availability, "online"));
        REQUIRE(eventually([this] { return !probe.on("mfm/mains").empty(); }));
    }

    /// What one learns who comes now: retained messages only.
    [[nodiscard]] std::string remembered(char const* topic) const {
        static int newcomers = 0;
        MqttProbe newcomer(broker.port(), {topic}, "newcomer" + std::to_string(++newcomers));
        newcomer.catch_up();
        auto const found = newcomer.last(topic);
        return found && found->retained ? found->payload : "nothing";
    }
};

/// The only name server takes questions and never answers. Its port takes root, its place private mounts.
struct NoNames {
    explicit NoNames(TempFolder const& folder)
        : own_resolver(folder.write("resolv.conf",
                                    "nameserver " + server.address() + "\noptions timeout:30 attempts:2\n"),
                       "/etc/resolv.conf") {}

    SilentNameServer server;
    ReplacedFile own_resolver;
};

}  // namespace

TEST_CASE("while all is well bridge and device are online and both is remembered") {
    Site site;
    CHECK(site.remembered(bridge_state) == "online");
    CHECK(site.remembered(availability) == "online");
}

TEST_CASE("states go out at a quality of service of 1 where readings have 0") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    SteadyBoard const board(folder / "board");
    Program const bridge(
        folder, "mfm2mqtt",
        broker_at(broker.port()) + serial_port(folder / "board") + quick() + Arguments{"--mqtt-qos", "0"});
    REQUIRE(probe.sees(availability, "online"));
    REQUIRE(eventually([&] { return !probe.on("mfm/mains").empty(); }));
    CHECK(probe.last(availability)->qos == 1);
    CHECK(probe.last(bridge_state)->qos == 1);
    CHECK(probe.last("mfm/mains")->qos == 0);
}

TEST_CASE("a clean stop leaves bridge and device offline") {
    Site site;
    CHECK(site.bridge.stop() == 0);
    CHECK(site.remembered(bridge_state) == "offline");
    CHECK(site.remembered(availability) == "offline");
}

TEST_CASE("a bridge that is killed is offline by its last will and its device as it was") {
    Site site;
    site.bridge.kill();
    CHECK(site.probe.sees(bridge_state, "offline"));
    CHECK(site.remembered(bridge_state) == "offline");
    CHECK(site.remembered(availability) == "online");
    site.bridge.start();
    CHECK(site.probe.sees(bridge_state, "online"));
}

TEST_CASE("an unplugged device is offline and its bridge online") {
    Site site;
    site.board.reset();
    CHECK(site.probe.sees(availability, "offline"));
    CHECK(site.remembered(bridge_state) == "online");
    CHECK(site.remembered(availability) == "offline");
    CHECK(site.bridge.running());
}

TEST_CASE("a clean stop ends within its time while the name of the broker cannot be looked up") {
    TempFolder const folder;
    enter_private_mounts();
    NoNames const names(folder);
    Program bridge(folder, "mfm2mqtt",
                   Arguments{"--mqtt-host", "broker.test"} + serial_port(folder / "board"));
    REQUIRE(eventually([&] { return names.server.asked(); }));
    REQUIRE(eventually([&] { return bridge.get("/healthz").status == 200; }));
    CHECK(bridge.stop() == 0);
    CHECK(bridge.log().find("event=stopped") != std::string::npos);
}

TEST_CASE("a device whose name cannot be looked up is said, and keeps nobody waiting") {
    TempFolder const folder;
    enter_private_mounts();
    NoNames const names(folder);
    FreePort const nobody;
    Program bridge(folder, "mastertronic2mqtt",
                   broker_at(nobody.number()) + Arguments{"--host", "lost=device.test,near=localhost:1",
                                                          "--timeout", "2s", "--interval", "1s"});
    auto const says = [&](std::string const& text) {
        return eventually([&] { return bridge.log().find(text) != std::string::npos; });
    };
    CHECK(says("localhost: Connection refused"));
    REQUIRE(eventually([&] { return names.server.asked(); }));
    CHECK(says("device.test: no name server answers in time"));
    CHECK(bridge.stop() == 0);
    CHECK(bridge.log().find("event=stopped") != std::string::npos);
}

TEST_CASE("a clean stop ends within its time with the broker away too") {
    Site site;
    site.broker.stop();
    CHECK(eventually([&] { return !site.bridge.ready(); }));
    CHECK(site.bridge.stop() == 0);
}

TEST_CASE("the healthcheck says whether the running program makes progress") {
    TempFolder const folder;
    FreePort const http, nobody;
    auto const asked = Arguments{"--http-listen", http.address(), "--serial-port", folder / "board"} +
                       broker_at(nobody.number());
    auto const healthcheck = [&] {
        return run(folder, {program_path("mfm2mqtt"), asked + Arguments{"--healthcheck"}}).exit_code;
    };
    CHECK(healthcheck() == 1);
    Process process(folder, {program_path("mfm2mqtt"), asked});
    CHECK(eventually([&] { return healthcheck() == 0; }));
}
