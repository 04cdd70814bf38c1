// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <memory>

using namespace test;

namespace {

constexpr auto udp_port = "4444";

/// The network of this case, in which controllers come and go.
struct Network {
    TempFolder folder;

    [[nodiscard]] static std::string place() { return std::string("127.255.255.255:") + udp_port; }

    std::unique_ptr<Process> controller(std::string const& name) const {
        auto const port = folder / (name + ".port");
        auto process = std::make_unique<Process>(
            folder, Process::Plan{program_path("devsim"), Arguments{"luxtronik", "--port-file", port.string(),
                                                                    "--discovery-port", udp_port}});
        REQUIRE(eventually([&] { return !read_file(port).empty(); }));
        return process;
    }

    [[nodiscard]] std::string address(std::string const& name) const {
        return "127.0.0.1:" + std::to_string(std::stoi(read_file(folder / (name + ".port"))));
    }

    [[nodiscard]] Finished discover() const {
        return run(folder, {program_path("luxtronik2mqtt"), Arguments{"discover", place()}});
    }
};

}  // namespace

TEST_CASE("the command that looks for controllers prints each, or says that there is none") {
    Network const network;
    auto const none = network.discover();
    CHECK(none.exit_code == 1);
    CHECK(none.output.empty());
    CHECK(none.errors.find("no controller answered") != std::string::npos);
    auto const one = network.controller("one");
    auto const other = network.controller("other");
    // Who is slow to answer on a busy machine is found by a later search.
    CHECK(eventually([&] {
        auto const both = network.discover();
        return both.exit_code == 0 && both.output.find(network.address("one") + "\n") != std::string::npos &&
               both.output.find(network.address("other") + "\n") != std::string::npos;
    }));
    CHECK(run(network.folder, {program_path("luxtronik2mqtt"), {"discover", "heatpump.lan"}}).exit_code == 2);
    // Which of two is meant is not guessed.
    CHECK(eventually([&] {
        auto const guess =
            run(network.folder, {program_path("luxtronik2mqtt"),
                                 Arguments{"--host", "search:" + network.place(), "--once", "--once-timeout",
                                           "5s", "--dry-run", "--http-listen", "off"}});
        return guess.exit_code == 1 && guess.output.empty() &&
               guess.errors.find("2 controllers answer the search") != std::string::npos;
    }));
}

TEST_CASE("a heat pump whose address is not set is found, also when it comes later or gets another address") {
    Network const network;
    Broker const broker(network.folder);
    MqttProbe const probe(broker.port(), {"luxtronik/#"});
    Program bridge(
        network.folder, "luxtronik2mqtt",
        broker_at(broker.port()) + Arguments{"--host", "search:" + network.place(), "--interval", "1s"});
    auto const log_has = [&](std::string const& text) {
        return eventually([&] { return bridge.log().find(text) != std::string::npos; });
    };
    CHECK(log_has("no controller answers the search"));
    auto first = network.controller("first");
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(log_has("address=" + network.address("first")));
    // As after a new lease: there it is no more, and somewhere else it is.
    first.reset();
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "offline"));
    auto second = network.controller("second");
    REQUIRE(probe.sees("luxtronik/heatpump/availability", "online"));
    CHECK(log_has("address=" + network.address("second")));
    CHECK(bridge.stop() == 0);
}
