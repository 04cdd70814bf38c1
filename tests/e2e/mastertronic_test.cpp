// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/dump_server.hpp"
#include "support/eventually.hpp"
#include "support/made_dump.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>

using namespace test;
using Json = nlohmann::json;
using Manner = DumpServer::Manner;

namespace {

constexpr auto availability = "mastertronic/watertester/availability";

/// The device's tests, as rows and as what must come of them: how often each was published.
class Tests {
  public:
    using Key = std::tuple<std::string, std::int64_t, double>;  ///< field, ts, value

    /// One round more: KH and calcium, 10 minutes after the last, in the same second.
    void add() {
        std::int64_t const second = 1'767'000'000 + round_ * 600;
        int const kh = 800 + static_cast<int>(round_ % 50), ca = 400 + static_cast<int>(round_ % 40);
        rows_ += "INSERT INTO test_record VALUES (NULL,'KH_VAL'," + std::to_string(kh) + ",-1,100," +
                 std::to_string(second) + ");";
        rows_ += "INSERT INTO test_record VALUES (NULL,'CA_VAL'," + std::to_string(ca) + ",-1,1," +
                 std::to_string(second) + ");";
        expected_[{"kh_dkh", second * 1000, kh / 100.0}] = 1;
        expected_[{"ca_mg_l", second * 1000, static_cast<double>(ca)}] = 1;
        ++round_;
    }
    void add(int rounds) {
        for (int i = 0; i < rounds; ++i) add();
    }

    [[nodiscard]] std::string dump() const {
        return made_dump(
            "CREATE TABLE test_record (id INTEGER PRIMARY KEY, parameter TEXT, value INTEGER, "
            "baselined_value INTEGER, multiply_factor INTEGER, record_time INTEGER); BEGIN;" +
            rows_ + "COMMIT;");
    }
    [[nodiscard]] std::map<Key, int> const& expected() const { return expected_; }

  private:
    std::string rows_;
    std::map<Key, int> expected_;
    std::int64_t round_ = 0;
};

/// How often each result was published, wherever.
std::map<Tests::Key, int> published(MqttProbe const& probe) {
    std::map<Tests::Key, int> found;
    for (auto const& message : probe.messages()) {
        auto const channel = message.topic.substr(message.topic.rfind('/') + 1);
        if (message.retained || (channel != "kh" && channel != "ca")) continue;
        auto const reading = Json::parse(message.payload);
        std::string const field = channel == "kh" ? "kh_dkh" : "ca_mg_l";
        ++found[{field, reading.at("ts").get<std::int64_t>(), reading.at(field).get<double>()}];
    }
    return found;
}

/// What is missing, foreign or there twice: nothing, if all is as expected.
std::string trouble(std::map<Tests::Key, int> const& found, std::map<Tests::Key, int> const& expected) {
    std::ostringstream said;
    auto const say = [&](Tests::Key const& key, int times) {
        auto const& [field, ts, value] = key;
        if (said.tellp() < 1000) said << field << ' ' << value << " of " << ts << ' ' << times << " times; ";
    };
    for (auto const& [key, times] : expected) {
        auto const one = found.find(key);
        if (one == found.end() || one->second != times) say(key, one == found.end() ? 0 : one->second);
    }
    for (auto const& [key, times] : found) {
        if (!expected.contains(key)) say(key, times);
    }
    return said.str();
}

bool all_published(MqttProbe const& probe, Tests const& tests, std::chrono::milliseconds deadline = 30s) {
    return eventually([&] { return published(probe).size() >= tests.expected().size(); }, deadline);
}

Arguments reading(DumpServer const& device, TempFolder const& folder) {
    return {"--host",      "127.0.0.1",     "--port",    std::to_string(device.port()),
            "--interval",  "500ms",         "--timeout", "2s",
            "--spool-dir", folder / "state"};
}

/// Half a page stands where the other half should.
std::string torn(std::string dump) {
    constexpr std::size_t half = 2048;
    return dump.replace(3 * half, half, std::string(dump, 2 * half, half));
}

}  // namespace

TEST_CASE("whatever a device answers its last good results stay, and the next good dump is read at once") {
    struct Fault {
        std::string name, reason;
        Manner manner;
        std::string (*damage)(std::string) = [](std::string dump) { return dump; };
    };
    std::vector<Fault> const faults = {
        {"torn", "damaged", Manner::whole, torn},
        {"truncated", "cut", Manner::whole,
         [](std::string dump) { return dump.substr(0, dump.size() / 2 + 100); }},
        {"empty", "empty", Manner::empty},
        {"html", "DOCTYPE html", Manner::html},
        {"404", "404", Manner::not_found},
        {"slow", "in time", Manner::trickling},
        {"silent", "in time", Manner::silent},
        {"cut", "cut", Manner::cut},
    };
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mastertronic/#"});
    Tests tests;
    tests.add(50);
    DumpServer device;
    device.answer(tests.dump());
    Program bridge(folder, "mastertronic2mqtt", broker_at(broker.port()) + reading(device, folder));
    REQUIRE(all_published(probe, tests));
    REQUIRE(eventually([&] { return bridge.ready(); }));

    for (auto const& fault : faults) {
        INFO(fault.name);
        auto const before = published(probe);
        auto const last = probe.last("mastertronic/watertester/kh");
        // The new results are in the damaged dump too.
        tests.add();
        device.answer(fault.damage(tests.dump()), fault.manner);
        REQUIRE(probe.sees(availability, "offline"));
        auto const readiness = bridge.get("/readyz");
        INFO(readiness.body);
        CHECK(readiness.status == 503);
        CHECK(readiness.body.find(fault.reason) != std::string::npos);
        CHECK(bridge.get("/healthz").status == 200);
        CHECK(eventually([&] { return device.asked() >= 2; }));
        CHECK(trouble(published(probe), before) == "");
        CHECK(probe.last("mastertronic/watertester/kh")->payload == last->payload);

        device.answer(tests.dump());
        CHECK(all_published(probe, tests));
        CHECK(probe.sees(availability, "online"));
        CHECK(eventually([&] { return bridge.ready(); }));
    }
    CHECK(trouble(published(probe), tests.expected()) == "");
    CHECK(bridge.stop() == 0);
    CHECK(trouble(published(probe), tests.expected()) == "");
}

TEST_CASE("over 20 restarts each result is published once") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mastertronic/#"});
    Tests tests;
    tests.add(100);
    DumpServer device;
    device.answer(tests.dump());
    Program bridge(folder, "mastertronic2mqtt", broker_at(broker.port()) + reading(device, folder));
    for (int restart = 0; restart < 20; ++restart) {
        INFO("restart " << restart);
        REQUIRE(eventually([&] { return bridge.get("/healthz").status == 200; }));
        tests.add();
        device.answer(tests.dump());
        switch (restart % 4) {
            case 0:
                // Killed, when the broker has all: what it has and nobody knows of would come twice.
                REQUIRE(all_published(probe, tests));
                REQUIRE(eventually([&] { return bridge.metric("mastertronic2mqtt_queue_readings") == 0; }));
                bridge.kill();
                break;
            case 1:
                REQUIRE(all_published(probe, tests));
                CHECK(bridge.stop() == 0);
                break;
            default:
                // While results are on their way.
                REQUIRE(eventually([&] { return device.asked() >= static_cast<std::size_t>(restart % 4); }));
                CHECK(bridge.stop() == 0);
        }
        bridge.start();
    }
    REQUIRE(all_published(probe, tests));
    auto const asked = device.asked();
    REQUIRE(eventually([&] { return device.asked() >= asked + 4; }));
    probe.catch_up();
    CHECK(trouble(published(probe), tests.expected()) == "");
    CHECK(bridge.stop() == 0);
}

TEST_CASE("results wait in the device while the broker is away, over a restart too") {
    TempFolder const folder;
    Broker broker(folder);
    MqttProbe probe(broker.port(), {"mastertronic/#"});
    broker.stop();
    Tests tests;
    tests.add(1500);
    DumpServer device;
    device.answer(tests.dump());
    Program bridge(folder, "mastertronic2mqtt", broker_at(broker.port()) + reading(device, folder));
    REQUIRE(eventually([&] { return device.asked() >= 4; }));
    CHECK(bridge.stop() == 0);
    bridge.start();
    broker.start();
    CHECK(all_published(probe, tests, 60s));
    probe.catch_up();
    CHECK(trouble(published(probe), tests.expected()) == "");
    // The channel shows the newest, and has shown nothing else. (The broker may give its kept copy too.)
    auto shown = probe.on("mastertronic/watertester/kh");
    std::erase_if(shown, [](Message const& message) { return message.retained; });
    CHECK(shown.size() == 1);
    CHECK(bridge.stop() == 0);
}

TEST_CASE("introspect says what a dump holds") {
    TempFolder const folder;
    Tests tests;
    tests.add(3);
    auto const file = folder.write("dump.db", tests.dump());
    auto const shown = run(folder, {program_path("mastertronic2mqtt"), {"introspect", file}});
    INFO(shown.output);
    CHECK(shown.exit_code == 0);
    CHECK(shown.output.find("newest kh_dkh 8.02 at 2025-12-29T09:40:00Z") != std::string::npos);
    auto const refused = run(folder, {program_path("mastertronic2mqtt"), {"introspect", folder / "none"}});
    CHECK(refused.exit_code == 1);
    CHECK(run(folder, {program_path("mastertronic2mqtt"), {"introspect"}}).exit_code == 2);
}

TEST_CASE("the simulated device is read in a dry run") {
    TempFolder const folder;
    Process const device(folder, {program_path("devsim"), {"mastertronic", "--seed", "5", "--days", "2"}});
    REQUIRE(eventually([&] { return device.output().find('\n') != std::string::npos; }));
    auto const address = device.output();
    auto const colon = address.rfind(':');
    auto const port = address.substr(colon + 1, address.find('/', colon) - colon - 1);
    Program const bridge(folder, "mastertronic2mqtt",
                         {"--dry-run", "--host", "127.0.0.1", "--port", port, "--interval", "300ms"});
    REQUIRE(eventually([&] { return bridge.metric("mastertronic2mqtt_results_total") >= 20; }));
    auto const checked = run(folder, {program_path("mastertronic2mqtt"),
                                      {"--dry-run", "--once", "--host", "127.0.0.1", "--port", port}});
    CHECK(checked.exit_code == 0);
    CHECK(checked.output.starts_with("mastertronic/watertester {\"ts\":"));
    CHECK(checked.output.find("\"result_count\":") != std::string::npos);
}
