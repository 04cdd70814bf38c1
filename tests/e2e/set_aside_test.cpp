// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <chrono>
#include <sstream>
#include <string>

using namespace test;

namespace {

std::string now_ms() {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count());
}

/// Whatever the metric's prefix: the sum of the counters named *set_aside*_total.
double set_aside_total(std::string const& metrics) {
    double sum = 0;
    std::istringstream lines(metrics);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        auto const name = line.substr(0, line.find_first_of("{ "));
        if (name.find("set_aside") == std::string::npos || !name.ends_with("_total")) continue;
        sum += std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
}

}  // namespace

TEST_CASE("what cannot be stored is counted and kept aside with the reason and never in the way") {
    struct Bad {
        char const* what;
        std::string topic, payload;
    };
    std::string deep = "mfm";
    for (int level = 1; level < 60; ++level) deep += "/l" + std::to_string(level);
    std::vector<Bad> const all = {
        {"a JSON array", "mfm/bad0", "[1,2,3]"},
        {"a payload of 300 KiB", "mfm/bad1",
         R"({"ts":)" + now_ms() + R"(,"a_text":")" + std::string(300 * 1024, 'x') + "\"}"},
        {"invalid UTF-8", "mfm/bad2", R"({"ts":)" + now_ms() + ",\"a_text\":\"\xc3\x28\xff\"}"},
        {"a time that is no number", "mfm/bad3", R"({"ts":"x","a":1})"},
        {"only a time that is no number", "mfm/bad4", R"({"ts":"x"})"},
        {"a number of 400 digits", "mfm/bad5",
         R"({"ts":)" + now_ms() + ",\"a\":" + std::string(400, '9') + "}"},
        {"a topic of 60 levels", deep, R"({"ts":)" + now_ms() + ",\"a\":1}"},
        {"an empty payload", "mfm/bad7", ""},
    };
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    MqttProbe probe(broker.port(), {});
    Program sink(
        folder, "mqtt-sink",
        broker_at(broker.port()) + Arguments{"--database", folder / "store.db", "--subscribe", "mfm/#"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    Database const database(folder / "store.db");

    double counted = set_aside_total(sink.get("/metrics").body);
    int good = 0;
    for (auto const& bad : all) {
        INFO(bad.what);
        probe.publish(bad.topic, bad.payload);
        probe.publish("mfm/good", R"({"ts":)" + now_ms() + ",\"a\":" + std::to_string(++good) + "}");
        bool const next_is_stored = eventually(
            [&] { return database.count("device = 'good' AND value = " + std::to_string(good)) == 1; });
        CHECK(next_is_stored);
        CHECK(eventually([&] { return set_aside_total(sink.get("/metrics").body) == counted + 1; }));
        ++counted;
        auto const kept =
            "SELECT count(*) FROM set_aside WHERE topic = '" + bad.topic + "' AND length(reason) > 0";
        CHECK(eventually([&] { return database.number(kept) == 1; }));
    }
    CHECK(database.count("device LIKE 'bad%'") == 0);
    CHECK(database.count("device = 'l1'") == 0);
    for (auto const& row : database.rows("SELECT topic, reason FROM set_aside")) {
        CHECK(row.at(1).size() < 300);
    }
    CHECK(sink.ready());

    // A flood of rubbish does not grow the table without end.
    for (int i = 0; i < 3000; ++i) probe.publish("mfm/flood", "[]");
    probe.publish("mfm/good", R"({"ts":)" + now_ms() + ",\"a\":1000}");
    CHECK(eventually([&] { return database.count("device = 'good' AND value = 1000") == 1; }));
    CHECK(database.number("SELECT count(*) FROM set_aside").value_or(-1) > 0);
    CHECK(database.number("SELECT count(*) FROM set_aside").value_or(3000) < 3000);
    CHECK(set_aside_total(sink.get("/metrics").body) >= counted + 3000);
}
