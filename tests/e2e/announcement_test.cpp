// SPDX-License-Identifier: MIT
// What a bridge tells house automations of its devices, at a real broker.
#include "program.hpp"
#include "steady_board.hpp"

#include "support/discovery_validator.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

std::string const mains = "homeassistant/device/mfm_mains/config";
std::string const attic = "homeassistant/device/mfm_attic/config";

/// A broker, somebody who listens to all of it, and a board.
struct House {
    TempFolder folder;
    Broker broker{folder};
    MqttProbe probe{broker.port(), {"#"}};
    std::unique_ptr<SteadyBoard> board = std::make_unique<SteadyBoard>(folder / "board");

    [[nodiscard]] Arguments plan(Arguments const& more = {}) const { return plan_with("", more); }
    /// `others`: devices beside the board, as they stand in the settings.
    [[nodiscard]] Arguments plan_with(std::string const& others, Arguments const& more = {}) const {
        return broker_at(broker.port()) + quick() + more +
               Arguments{"--serial-port", "mains=" + (folder / "board").string() + others};
    }
    /// What one learns who comes now: what the broker keeps, by topic.
    [[nodiscard]] std::map<std::string, std::string> kept(std::string const& filter) const {
        static int newcomers = 0;
        MqttProbe newcomer(broker.port(), {filter}, "newcomer" + std::to_string(++newcomers));
        newcomer.catch_up();
        std::map<std::string, std::string> found;
        for (auto const& message : newcomer.messages()) {
            if (message.retained) found[message.topic] = message.payload;
        }
        return found;
    }
    [[nodiscard]] bool keeps(std::string const& topic) const { return kept(topic).contains(topic); }
    /// The newest configuration that was sent on the topic; null if there is none.
    [[nodiscard]] Json config(std::string const& topic) const {
        auto const message = probe.last(topic);
        return message ? Json::parse(message->payload, nullptr, false) : Json();
    }
    /// Waits for one.
    [[nodiscard]] Json wait_for(std::string const& topic) const {
        REQUIRE(eventually([&] { return config(topic).is_object(); }));
        return config(topic);
    }
};

std::set<std::string> unique_ids(Json const& config) {
    std::set<std::string> ids;
    for (auto const& entity : config["components"]) ids.insert(entity["uniq_id"].get<std::string>());
    return ids;
}

/// A configuration as this program would have said it of another device.
std::string config_of(Json config, std::string const& device) {
    auto text = config.dump();
    for (auto at = text.find("mains"); at != std::string::npos; at = text.find("mains", at))
        text.replace(at, 5, device);
    return text;
}

/// All names that a heat pump can be asked for, as the program says them when it is given another.
std::string everything_settable(TempFolder const& folder) {
    auto const refused = run(folder,
                             {program_path("luxtronik2mqtt"),
                              {"--host", "127.0.0.1:1", "--write", "nothing_of_it", "--check-config"}},
                             30s);
    std::string const before = "each name must be one of ";
    auto const begin = refused.errors.find(before);
    REQUIRE(begin != std::string::npos);
    auto names = refused.errors.substr(begin + before.size());
    return names.substr(0, names.find('\n'));
}

}  // namespace

TEST_CASE("what every bridge tells is by Home Assistant's rules and names what is published") {
    House house;
    auto const start = [&](Arguments const& arguments) {
        auto device =
            std::make_unique<Process>(house.folder, Process::Plan{program_path("devsim"), arguments});
        REQUIRE(eventually([&] { return device->output().find('\n') != std::string::npos; }));
        return device;
    };
    auto const lines = [](Process const& device) {
        std::vector<std::string> all;
        std::istringstream text(device.output());
        for (std::string line; std::getline(text, line);) all.push_back(line);
        return all;
    };
    auto const said = [&](Process const& device) { return lines(device).front(); };
    auto const pump = start({"luxtronik", "--speed", "60", "--firmware", "V3.92.1"});
    auto const tester = start({"mastertronic", "--speed", "600", "--days", "7"});
    auto const nodes = start({"isems", "--speed", "60", "--nodes", "3"});
    REQUIRE(eventually([&] { return lines(*pump).size() == 2; }));
    auto const port = said(*tester).substr(said(*tester).rfind(':') + 1);
    Arguments const broker = broker_at(house.broker.port());
    Program const mfm(house.folder, "mfm2mqtt", house.plan());
    Program const luxtronik(house.folder, "luxtronik2mqtt",
                            broker + Arguments{"--host", "127.0.0.1:" + lines(*pump)[0], "--interval", "1s",
                                               "--smart-home", "--smart-home-port", lines(*pump)[1],
                                               "--write", everything_settable(house.folder)});
    Program const mastertronic(house.folder, "mastertronic2mqtt",
                               broker + Arguments{"--host", "127.0.0.1", "--port",
                                                  port.substr(0, port.find('/')), "--interval", "1s"});
    Program const isems(house.folder, "isems2mqtt",
                        broker + Arguments{"--router-ips", said(*nodes), "--interval", "1s"});

    std::vector<std::string> const expected = {mains, "homeassistant/device/luxtronik_heatpump/config",
                                               "homeassistant/device/mastertronic_watertester/config",
                                               "homeassistant/device/isems_solar-01/config",
                                               "homeassistant/device/isems_Gr_ndach-03-0ab40aaf/config"};
    REQUIRE(eventually([&] {
        return std::all_of(expected.begin(), expected.end(),
                           [&](auto const& topic) { return house.probe.last(topic).has_value(); });
    }));
    std::vector<std::string> const lasting = {"luxtronik/heatpump/parameters", "mastertronic/watertester/kh",
                                              "isems/solar-01"};
    REQUIRE(eventually([&] {
        return std::all_of(lasting.begin(), lasting.end(),
                           [&](auto const& topic) { return house.probe.last(topic).has_value(); });
    }));
    auto const kept = house.kept("#");
    DiscoveryValidator::Plan rules;
    for (auto const& [topic, payload] : kept) rules.retained.insert(topic);
    for (auto const& topic : lasting) CHECK(kept.contains(topic));
    for (auto const* fast :
         {"mfm/mains", "mfm/mains/10s", "luxtronik/heatpump", "luxtronik/heatpump/smart_home"})
        CHECK_FALSE(kept.contains(fast));
    DiscoveryValidator validator(rules);
    std::set<std::string> topics;
    for (auto const& message : house.probe.messages()) topics.insert(message.topic);
    for (auto const& topic : expected) {
        INFO(topic);
        CHECK(validator.judge(topic, kept.at(topic)) == std::vector<std::string>{});
        auto const config = Json::parse(kept.at(topic));
        for (auto const& one : config["availability"])
            CHECK(topics.contains(one["topic"].get<std::string>()));
        CHECK(kept.at(topic).size() < 98'000);
    }
}

TEST_CASE("a device is told once, again when Home Assistant starts, and again when that is asked for") {
    House house;
    Program bridge(house.folder, "mfm2mqtt", house.plan());
    auto const config = house.wait_for(mains);
    CHECK(config["origin"]["name"] == "mfm2mqtt");
    CHECK(house.keeps(mains));

    // It is there already: nothing to say after a restart.
    CHECK(bridge.stop() == 0);
    auto const info = house.probe.on("mfm/bridge/info").size();
    bridge.start();
    REQUIRE(eventually([&] { return house.probe.on("mfm/bridge/info").size() > info; }));
    CHECK(throughout(5s, [&] { return house.probe.on(mains).size() == 1; }));

    auto const states = house.probe.on("mfm/mains/availability").size();
    house.probe.publish("homeassistant/status", "offline");
    house.probe.publish("homeassistant/status", "online");
    CHECK(eventually([&] { return house.probe.on(mains).size() == 2; }));
    CHECK(house.config(mains) == config);
    CHECK(eventually([&] { return house.probe.on("mfm/mains/availability").size() > states; }));

    house.probe.publish("mfm/bridge/request/republish", "{}");
    CHECK(eventually([&] { return house.probe.on(mains).size() == 3; }));
}

TEST_CASE("what is ours and of no device any more is taken back and nobody else's is touched") {
    House house;
    auto bridge = std::make_unique<Program>(house.folder, "mfm2mqtt", house.plan());
    auto const config = house.wait_for(mains);
    CHECK(bridge->stop() == 0);
    bridge.reset();

    auto fuller = config;
    fuller["components"]["old"] = {{"p", "sensor"}, {"uniq_id", "old"}};
    house.probe.publish(mains, fuller.dump(), true);
    house.probe.publish(attic, config_of(config, "attic"), true);
    std::map<std::string, std::string> const foreign = {
        {"homeassistant/device/0x00158d/config", R"({"origin":{"name":"zigbee2mqtt"},"device":{}})"},
        {"homeassistant/device/mfm_broken/config", "{mfm2mqtt"},
        {"homeassistant/device/mfm_cellar/config", R"({"origin":{"name":"mfm2mqtt"}})"},
        {"homeassistant/device/mfm_huge/config", std::string(300'000, 'x')},
        {"homeassistant/sensor/mfm_mains/hz/config", R"({"origin":{"name":"other"}})"},
    };
    for (auto const& [topic, payload] : foreign) house.probe.publish(topic, payload, true);
    house.probe.catch_up();
    auto const before = house.probe.on(mains).size();

    bridge = std::make_unique<Program>(house.folder, "mfm2mqtt",
                                       house.plan_with(",cellar=" + (house.folder / "none").string()));
    CHECK(eventually([&] { return !house.keeps(attic); }));
    // First the entity that is no more goes, then it is as it should be.
    REQUIRE(eventually([&] { return house.probe.on(mains).size() == before + 2; }));
    auto const said = house.probe.on(mains);
    CHECK(Json::parse(said[before].payload)["components"]["old"] == Json{{"p", "sensor"}});
    CHECK(Json::parse(said[before + 1].payload) == config);
    CHECK(eventually([&] { return bridge->log().find("mfm_cellar") != std::string::npos; }));
    auto kept = house.kept("homeassistant/#");
    for (auto const& [topic, payload] : foreign) {
        INFO(topic);
        CHECK(kept[topic] == payload);
        CHECK(house.probe.on(topic).size() == 1);
    }
    CHECK(bridge->stop() == 0);
    bridge.reset();

    Program const silent(house.folder, "mfm2mqtt", house.plan({"--homeassistant-discovery", "no"}));
    CHECK(eventually([&] { return !house.keeps(mains); }));
    CHECK(house.kept("homeassistant/#").size() == foreign.size());
}

TEST_CASE("entities that were announced one by one move to their device in Home Assistant's order") {
    House house;
    std::string const single = "homeassistant/sensor/mfm_mains/frequency/config";
    house.probe.publish(single, R"({"o":{"name":"mfm2mqtt"},"uniq_id":"mfm_mains_frequency_hz"})", true);
    house.probe.catch_up();
    auto const before = house.probe.messages().size();
    Program const bridge(house.folder, "mfm2mqtt", house.plan());
    REQUIRE(eventually([&] { return house.probe.on(single).size() == 3; }));
    std::vector<std::string> order;
    auto const messages = house.probe.messages();
    for (auto at = before; at < messages.size(); ++at) {
        if (messages[at].topic == single) order.push_back(messages[at].payload);
        if (messages[at].topic == mains) order.emplace_back("the device");
    }
    CHECK(order == std::vector<std::string>{R"({"migrate_discovery": true})", "the device", ""});
}

TEST_CASE("ids stay the same over restarts and a changed host name") {
    House house;
    std::set<std::string> ids;
    for (auto const* host : {"house-one", "house-two"}) {
        // A host name of this case's own; it takes root.
        REQUIRE(::unshare(CLONE_NEWUTS) == 0);
        REQUIRE(::sethostname(host, std::string(host).size()) == 0);
        Program bridge(house.folder, "mfm2mqtt", house.plan());
        auto const config = house.wait_for(mains);
        if (ids.empty()) ids = unique_ids(config);
        CHECK(unique_ids(config) == ids);
        CHECK(config["device"]["identifiers"] == Json{"mfm_mains"});
        CHECK(house.kept("homeassistant/#").size() == 1);
        CHECK(bridge.stop() == 0);
        house.probe.publish(mains, "", true);
        house.probe.catch_up();
    }
    CHECK(ids.size() > 3);
}

TEST_CASE("a kill, an unplugged device and a clean stop are three results at the topics that were named") {
    House house;
    Program bridge(house.folder, "mfm2mqtt", house.plan());
    auto const config = house.wait_for(mains);
    REQUIRE(config["availability"].size() == 2);
    auto const says = [&](std::string const& of_bridge, std::string const& of_device) {
        return eventually([&] {
            std::vector<std::string> said;
            for (auto const& one : config["availability"]) {
                auto const message = house.probe.last(one["topic"].get<std::string>());
                said.push_back(message ? message->payload : "nothing");
            }
            return said == std::vector{of_bridge, of_device};
        });
    };
    CHECK(says("online", "online"));
    bridge.kill();
    CHECK(says("offline", "online"));
    bridge.start();
    CHECK(says("online", "online"));
    house.board.reset();
    CHECK(says("online", "offline"));
    house.board = std::make_unique<SteadyBoard>(house.folder / "board");
    CHECK(says("online", "online"));
    CHECK(bridge.stop() == 0);
    CHECK(says("offline", "offline"));
    // What expires is not kept, so nothing looks alive.
    auto const kept = house.kept("mfm/#");
    for (auto const& entity : config["components"]) {
        CHECK(entity["exp_aft"] >= 15);
        CHECK_FALSE(kept.contains(entity.value("stat_t", "mfm/mains")));
    }
    CHECK_FALSE(kept.contains("mfm/mains"));
    CHECK(kept.contains("mfm/mains/availability"));
}

TEST_CASE("readings are kept if they are asked for") {
    House house;
    Program const bridge(house.folder, "mfm2mqtt", house.plan({"--mqtt-retain"}));
    auto const config = house.wait_for(mains);
    for (auto const& entity : config["components"]) CHECK_FALSE(entity.contains("exp_aft"));
    CHECK(eventually([&] { return house.keeps("mfm/mains"); }));
}

TEST_CASE("a reload takes back the device that is gone and says the names in the new language") {
    House house;
    auto const settings = [&](std::string const& ports, std::string const& language) {
        return house.folder.write("mfm.toml", "[mfm]\nserial_port = \"" + ports +
                                                  "\"\n[homeassistant]\nlanguage = \"" + language + "\"\n");
    };
    std::string const board = (house.folder / "board").string();
    auto const file = settings("mains=" + board + ",attic=" + (house.folder / "none").string(), "en");
    Program bridge(
        house.folder, "mfm2mqtt",
        broker_at(house.broker.port()) + Arguments{"--scrape-interval", "3s", "--config", file.string()});
    CHECK(house.wait_for(attic)["device"]["name"] == "Mains frequency meter attic");
    auto const ids = unique_ids(house.wait_for(mains));
    REQUIRE(house.probe.sees("mfm/mains/availability", "online"));
    (void)settings(board, "de");
    bridge.process().signal(SIGHUP);
    CHECK(eventually([&] { return house.config(mains)["device"]["name"] == "Netzfrequenzmesser"; }));
    CHECK(unique_ids(house.config(mains)) == ids);
    CHECK(eventually([&] { return !house.keeps(attic); }));
    // What goes on was never gone.
    for (auto const& message : house.probe.on("mfm/mains/availability")) CHECK(message.payload == "online");
}

TEST_CASE("each value is on a topic of its own where that is asked for and goes when it is not known") {
    House house;
    house.probe.publish("mfm/mains/value/of_before_c", "21.5", true);
    house.probe.publish("mfm/attic/value/frequency_hz", "49.9", true);
    {
        Program bridge(house.folder, "mfm2mqtt", house.plan({"--mqtt-scalar-values"}));
        CHECK(eventually([&] { return house.kept("mfm/mains/value/frequency_hz").size() == 1; }));
        CHECK(eventually([&] { return !house.keeps("mfm/mains/value/of_before_c"); }));
        CHECK(eventually([&] { return !house.keeps("mfm/attic/value/frequency_hz"); }));
        auto const value = house.probe.last("mfm/mains/value/frequency_hz");
        REQUIRE(value.has_value());
        CHECK(std::stod(value->payload) > 49);
        CHECK(bridge.stop() == 0);
    }
    Program const without(house.folder, "mfm2mqtt", house.plan());
    CHECK(eventually([&] { return house.kept("mfm/mains/value/#").empty(); }));
}

TEST_CASE(
    "a Homie device is ready, in alert when it is unplugged, disconnected at the end, and goes when switched "
    "off") {
    House house;
    Arguments const with_homie = house.plan({"--homie-enabled"});
    std::string const state = "homie/mfm-mains/$state";
    house.probe.publish("homie/other/$implementation", "esp8266", true);
    {
        Program bridge(house.folder, "mfm2mqtt", with_homie);
        REQUIRE(house.probe.sees(state, "ready"));
        // All attributes are said between init and ready; before its first reading it is init still.
        std::vector<std::string> order;
        for (auto const& message : house.probe.messages()) {
            if (message.topic == state) order.push_back(message.payload);
            if (message.topic == "homie/mfm-mains/$nodes") order.emplace_back("nodes");
        }
        REQUIRE(order.size() >= 3);
        CHECK(order[0] == "init");
        CHECK(order[1] == "nodes");
        CHECK(order.back() == "ready");
        auto const kept = house.kept("homie/mfm-mains/#");
        CHECK(kept.at("homie/mfm-mains/$homie") == "4.0.0");
        CHECK(kept.at("homie/mfm-mains/$nodes") == "10s");
        CHECK(kept.at("homie/mfm-mains/10s/frequency-hz/$datatype") == "float");
        CHECK(kept.at("homie/mfm-mains/10s/frequency-hz/$unit") == "Hz");
        CHECK(eventually([&] { return house.keeps("homie/mfm-mains/10s/frequency-hz"); }));
        house.board.reset();
        CHECK(house.probe.sees(state, "alert"));
        house.board = std::make_unique<SteadyBoard>(house.folder / "board");
        CHECK(house.probe.sees(state, "ready"));
        CHECK(bridge.stop() == 0);
        CHECK(house.probe.sees(state, "disconnected"));
    }
    Program const without(house.folder, "mfm2mqtt", house.plan());
    CHECK(eventually([&] { return house.kept("homie/mfm-mains/#").empty(); }));
    CHECK(house.keeps("homie/other/$implementation"));
}
