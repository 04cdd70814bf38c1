// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/publisher.hpp"

#include "catch.hpp"

#include <algorithm>
#include <string>

using namespace test;

namespace {

std::string const empty = "{\"measurements\":[]}\n";

/// The record of the collector's own test, with what may differ.
struct Record {
    std::string id = "1";
    std::string node = "Elektra-Dach-Neu";
    std::string status = "0x300";
    std::string charge = "100.0";
};
std::string json(Record const& record) {
    return R"({"batteryChargeEstimate":)" + record.charge +
           R"(,"batteryHealthEstimate":100.0,"batteryTemperature":28.0,"batteryVoltage":14.073,"id":)" +
           record.id +
           R"(,"isPowerSaveMode":false,"isemsRevision":"1","latitude":52.507309,"longitude":13.458635,)"
           R"("lowVoltageDisconnectVoltage":11.67,"mppVoltage":18.614,"nodeId":")" +
           record.node +
           R"(","openCircuitVoltage":18.614,"openMPPTFirmwareVersion":"ATmega8_A_1","rateBatteryCapacity":7.0,)"
           R"("ratedSolarModuleCapacity":20.0,"status":")" +
           record.status +
           R"(","temperatureCorrectedVoltage":14.086,"timeToShutdown":711.0,"timestamp":"2018-06-30T15:16:15"})";
}
std::string list(std::string const& records) { return "{\"measurements\":[" + records + "]}\n"; }

/// The collector's line, as a node of that name sends it.
std::string line(std::string const& node, std::string const& charge, std::string const& status) {
    return node + ";1;1530364575;ATmega8_A_1;711;0;18.614;18.614;14.073;" + charge +
           ";100;28;11.67;14.086;7;20;52.507309;13.458635" + status;
}

/// Broker, isems2mqtt and sink.
struct Works {
    TempFolder folder;
    Broker broker{folder};
    MqttProbe probe{broker.port(), {"isems/#"}};
    Program bridge{folder, "isems2mqtt", broker_at(broker.port())};
    Program sink;

    explicit Works(Variables variables = {})
        : sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--database", folder / "store.db"},
               std::move(variables)) {
        REQUIRE(eventually([this] { return sink.ready(); }));
    }

    /// As a node does. isems2mqtt may not have subscribed yet, and takes a line once.
    void log(std::string const& node, std::string const& text) {
        auto const taken = [this] { return bridge.metric("isems2mqtt_readings_total"); };
        auto const before = taken();
        REQUIRE(eventually([&] {
            probe.publish("/isems/" + node + "/csvlog", text);
            return taken() > before;
        }));
    }

    [[nodiscard]] std::string body(std::string const& path) const {
        return sink.get("/measurements/" + path).body;
    }
    [[nodiscard]] bool becomes(std::string const& path, std::string const& wanted) const {
        return eventually([&] { return body(path) == wanted; });
    }
};

}  // namespace

TEST_CASE("what nodes log is answered as the old collector answers it, byte for byte") {
    Works works;
    CHECK(works.body("latest") == empty);
    CHECK(works.body("nobody/latest") == empty);

    works.log("Elektra-Dach-Neu", line("Elektra-Dach-Neu", "100", ";300"));
    CHECK(works.becomes("latest?all=true", list(json({}))));
    CHECK(works.body("Elektra-Dach-Neu/latest") == list(json({})));
    // It is of 2018.
    CHECK(works.body("latest") == empty);
    CHECK(works.body("latest?all=True") == empty);

    // 18 fields; a foreign name; a charge that is not known.
    works.log("Elektra-Dach", line("Elektra-Dach", "100", "\n"));
    std::string const old = json({"2", "Elektra-Dach", "0x000", "100.0"});
    CHECK(works.becomes("Elektra-Dach/latest", list(old)));
    works.log("x", line("S\xc3\xbc\x64-Dach", "100", ";300"));
    std::string const south = json({"3", "S\\u00fcd-Dach", "0x300", "100.0"});
    CHECK(works.becomes("S%C3%BCd-Dach/latest", list(south)));
    works.log("y", line("uncharged", "nil", ";300"));
    std::string const uncharged = json({"4", "uncharged", "0x300", "null"});
    CHECK(works.becomes("uncharged/latest", list(uncharged)));
    std::string const all = list(old + "," + json({}) + "," + south);
    CHECK(works.body("latest?all=true") == all);

    // The same line again is the same row, and so is every row after a restart.
    works.probe.publish("/isems/Elektra-Dach-Neu/csvlog", line("Elektra-Dach-Neu", "100", ";300"));
    works.probe.catch_up();
    CHECK(works.sink.stop() == 0);
    works.sink.start();
    REQUIRE(eventually([&] { return works.sink.ready(); }));
    CHECK(works.body("latest?all=true") == all);
    CHECK(works.body("uncharged/latest") == list(uncharged));
}

TEST_CASE("pages of other servers may ask for what nodes log, and nobody may change it") {
    Works const works;
    auto const got = works.sink.ask({"GET", "/measurements/latest"});
    CHECK(got.status == 200);
    CHECK(got.headers.at("Content-Type") == "application/json");
    CHECK(got.headers.at("Access-Control-Allow-Origin") == "*");
    auto const head = works.sink.ask({"HEAD", "/measurements/latest"});
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(head.headers.at("Content-Length") == std::to_string(empty.size()));
    auto const options = works.sink.ask({"OPTIONS", "/measurements/a%20node/latest"});
    CHECK(options.status == 200);
    CHECK(options.body.empty());
    CHECK(options.headers.at("Allow") == "GET, HEAD, OPTIONS");
    CHECK(options.headers.at("Access-Control-Allow-Origin") == "*");
    for (auto const* method : {"POST", "PUT", "DELETE", "PATCH"})
        CHECK(works.sink.ask({method, "/measurements/latest"}).status == 405);
    for (auto const* path :
         {"/measurements", "/measurements/", "/measurements/x", "/measurements//latest",
          "/measurements/x/latest/", "/measurements/x%2Fy/latest", "/measurements/latest/x"}) {
        INFO(path);
        CHECK(works.sink.get(path).status == 404);
    }
}

TEST_CASE("of 1,441 rows of a node the newest 1,440 are answered, newest first") {
    constexpr std::size_t rows = 1441;
    Works works;
    Publisher nodes({.port = works.broker.port(), .count = rows, .message = [](std::size_t row) {
                         auto const ts = 1'530'364'575'000 + static_cast<std::int64_t>(row) * 60'000;
                         return Publisher::Text{
                             "isems/n/history",
                             "{\"ts\":" + std::to_string(ts) + ",\"seq\":" + std::to_string(row + 1) +
                                 ",\"name\":\"n\",\"battery_charge_pct\":" + std::to_string(row) + "}"};
                     }});
    std::string body;
    REQUIRE(eventually([&] {
        body = works.body("n/latest");
        return body.find("\"id\":1441,") != std::string::npos;
    }));
    std::vector<int> charges;
    std::string const key = "\"batteryChargeEstimate\":";
    for (auto at = body.find(key); at != std::string::npos; at = body.find(key, at + 1))
        charges.push_back(std::stoi(body.substr(at + key.size())));
    CHECK(charges.size() == 1440);
    CHECK(charges.front() == 1440);
    CHECK(charges.back() == 1);
    CHECK(std::ranges::is_sorted(charges, std::greater()));
}

TEST_CASE("the old collector's settings are taken as they stand") {
    Works works({{"HIDE_INACTIVE_AFTER_DAYS", "36500"}, {"SENTRY_DSN", "https://key@sentry.example/1"}});
    works.log("Elektra-Dach-Neu", line("Elektra-Dach-Neu", "100", ";300"));
    CHECK(works.becomes("latest", list(json({}))));
    auto const log = works.sink.log();
    CHECK(log.find("SENTRY_DSN has no effect") != std::string::npos);
    CHECK(log.find("SENTRY_DSN") == log.rfind("SENTRY_DSN"));
    CHECK(log.find("key@sentry") == std::string::npos);

    TempFolder const folder;
    Program const careless(folder, "mqtt-sink",
                           broker_at(works.broker.port()) +
                               Arguments{"--database", folder / "store.db", "--mqtt-client-id", "careless"},
                           {{"HIDE_INACTIVE_AFTER_DAYS", "a month"}});
    CHECK(eventually([&] { return careless.get("/measurements/latest").body == empty; }));
}
