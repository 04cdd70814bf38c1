// SPDX-License-Identifier: MIT
#include "mains_chain.hpp"
#include "program.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace test;
using Json = nlohmann::json;

namespace {

Json parsed(std::string const& text) { return Json::parse(text, nullptr, false); }

/// The samples that the sink must make of what was published: every field but `ts` and `seq`, which say when
/// and which, not what.
std::set<StoredSample> expected_samples(std::vector<Message> const& messages) {
    std::set<StoredSample> all;
    for (auto const& message : messages) {
        std::istringstream topic(message.topic);
        std::string base, device, channel;
        std::getline(topic, base, '/');
        std::getline(topic, device, '/');
        std::getline(topic, channel, '/');
        bool const history = channel == "history";
        if (history) {
            channel.clear();
            std::getline(topic, channel, '/');
        }
        if (device == "bridge" || channel == "availability" || channel == "alerts" || channel == "event")
            continue;
        Json const reading = parsed(message.payload);
        if (!reading.is_object())
            throw std::runtime_error(message.topic + " is no object: " + message.payload);
        for (auto const& [field, value] : reading.items()) {
            if (field == "ts" || field == "seq") continue;
            StoredSample sample{reading.at("ts").get<std::int64_t>(), base, device, channel, field, {}, {}};
            if (value.is_number()) sample.value = value.get<double>();
            if (value.is_string()) sample.text = value.get<std::string>();
            all.insert(sample);
        }
    }
    return all;
}

std::set<StoredSample> stored_samples(Database const& database) {
    auto const rows = database.samples("base = 'mfm' AND field NOT IN ('seq', 'availability')");
    return {rows.begin(), rows.end()};
}

/// All numbers anywhere in a JSON document.
void collect_numbers(Json const& json, std::set<double>& numbers) {
    if (json.is_number()) numbers.insert(json.get<double>());
    if (json.is_structured()) {
        for (auto const& member : json) collect_numbers(member, numbers);
    }
}

}  // namespace

TEST_CASE("a reading comes from the board into the store and answers questions") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"mfm/#"});
    Program sink(folder, "mqtt-sink",
                 broker_at(broker.port()) + Arguments{"--database", folder / "store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    Process const board(folder, {program_path("devsim"), {"mfm", "--link", folder / "board", "--seed", "7"}});
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(eventually([&] { return bridge.ready(); }));
    REQUIRE(eventually([&] { return probe.on("mfm/mains").size() >= 20; }, 30s));
    auto const running_devices = sink.get("/api/v1/devices");
    CHECK(bridge.stop() == 0);

    Database const database(folder / "store.db");
    auto const is_complete = [&] {
        return database.count("device = 'mains'") > 0 &&
               stored_samples(database) == expected_samples(probe.messages());
    };
    bool const complete = eventually(is_complete);
    if (!complete) {
        auto const wanted = expected_samples(probe.messages());
        auto const stored = stored_samples(database);
        for (auto const& sample : wanted) {
            if (!stored.contains(sample))
                UNSCOPED_INFO("not stored: " << sample.ts << ' ' << sample.channel << ' ' << sample.field);
        }
        for (auto const& sample : stored) {
            if (!wanted.contains(sample))
                UNSCOPED_INFO("never published: " << sample.ts << ' ' << sample.channel << ' '
                                                  << sample.field);
        }
    }
    REQUIRE(complete);

    CHECK(running_devices.status == 200);
    Json const devices = parsed(running_devices.body);
    CHECK(devices.is_structured());
    CHECK(running_devices.body.find("\"mains\"") != std::string::npos);

    auto const first = parsed(probe.on("mfm/mains").front().payload);
    auto const last = parsed(probe.on("mfm/mains").back().payload);
    auto const query = sink.get("/api/v1/query?device=mains&field=frequency_hz&from=" + first["ts"].dump() +
                                "&to=" + std::to_string(last["ts"].get<std::int64_t>() + 1) + "&points=1000");
    INFO(query.body);
    CHECK(query.status == 200);
    std::set<double> numbers;
    collect_numbers(parsed(query.body), numbers);
    CHECK(numbers.contains(first["frequency_hz"].get<double>()));
    CHECK(numbers.contains(last["frequency_hz"].get<double>()));
    CHECK(numbers.contains(first["ts"].get<double>()));

    for (auto const* wrong :
         {"/api/v1/query", "/api/v1/query?device=mains&field=frequency_hz&from=yesterday&to=1",
          "/api/v1/nothing"}) {
        auto const refused = sink.get(wrong);
        INFO(wrong << ": " << refused.status << ' ' << refused.body);
        CHECK(refused.status >= 400);
        CHECK(refused.status < 500);
        CHECK(parsed(refused.body).is_object());
        CHECK(parsed(refused.body).value("error", "") != "");
    }

    bridge.start();
    REQUIRE(eventually([&] { return bridge.ready(); }));
    for (auto* program : {&sink, &bridge}) {
        CHECK(program->get("/healthz").status == 200);
        CHECK(parsed(program->get("/readyz").body).is_object());
        auto const metrics = program->get("/metrics");
        CHECK(metrics.status == 200);
        CHECK(metrics.body.find("# TYPE ") != std::string::npos);
    }
    CHECK(bridge.metric("mfm2mqtt_lines_total", {{"device", "mains"}}) > 0);
    CHECK(sink.stop() == 0);
}

TEST_CASE("seq grows by one from reading to reading and never goes back over a restart") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/mains", "mfm/mains/history"});
    Process const board(folder, {program_path("devsim"), {"mfm", "--link", folder / "board", "--seed", "8"}});
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    auto const readings_beyond = [&](std::size_t count) {
        return eventually([&] { return probe.on("mfm/mains").size() >= count; });
    };
    REQUIRE(readings_beyond(10));
    bridge.kill();
    auto const before = probe.on("mfm/mains").size();
    bridge.start();
    REQUIRE(readings_beyond(before + 10));
    CHECK(bridge.stop() == 0);
    probe.catch_up();

    std::int64_t seq = -1, ts = 0;
    std::set<std::int64_t> all;
    for (auto const& message : probe.on("mfm/mains")) {
        if (message.retained) continue;
        auto const reading = parsed(message.payload);
        INFO(message.payload);
        CHECK(reading["seq"].get<std::int64_t>() > seq);
        CHECK(reading["ts"].get<std::int64_t>() > ts);
        seq = reading["seq"].get<std::int64_t>();
        all.insert(seq);
        ts = reading["ts"].get<std::int64_t>();
        CHECK(reading["frequency_hz"].is_number_float());
        for (auto const& [field, value] : reading.items()) {
            INFO(field);
            CHECK((value.is_number() || value.is_string()));
        }
    }
    // What is late comes beside. Only the restart leaves numbers out.
    for (auto const& message : probe.on("mfm/mains/history"))
        all.insert(parsed(message.payload)["seq"].get<std::int64_t>());
    CHECK(gaps({all.begin(), all.end()}).size() <= 1);
}

TEST_CASE("a dry run once prints one reading and connects to no broker") {
    TempFolder const folder;
    FreePort const http, nobody;
    Process const board(folder, {program_path("devsim"), {"mfm", "--link", folder / "board", "--seed", "9"}});
    auto const done =
        run(folder,
            {program_path("mfm2mqtt"), broker_at(nobody.number()) + serial_port(folder / "board") +
                                           Arguments{"--dry-run", "--once", "--http-listen", http.address()}},
            30s);
    INFO(done.output);
    INFO(done.errors);
    CHECK(done.exit_code == 0);
    CHECK(std::count(done.output.begin(), done.output.end(), '\n') == 1);
    std::string const topic = "mfm/mains ";
    REQUIRE(done.output.starts_with(topic + "{"));
    auto const reading = parsed(done.output.substr(topic.size()));
    REQUIRE(reading.is_object());
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    CHECK(reading["ts"].is_number_integer());
    CHECK(std::abs(reading["ts"].get<std::int64_t>() - now) < 60'000);
    CHECK(reading["seq"].is_number_integer());
    CHECK(reading["frequency_hz"].get<double>() == Approx(50.0).margin(1.0));
}

TEST_CASE("once without a reading ends with 1 and publishes nothing") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"#"});
    FreePort const http;
    auto const once = [&](std::filesystem::path const& port) {
        return run(folder, {program_path("mfm2mqtt"), broker_at(broker.port()) + serial_port(port) +
                                                          Arguments{"--once", "--once-timeout", "1s",
                                                                    "--http-listen", http.address()}});
    };
    CHECK(once(folder / "missing").exit_code == 1);

    // A line is there, and nothing ever comes over it.
    int const board = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(board >= 0);
    FileDescriptor const silent(board, "posix_openpt");
    REQUIRE(::grantpt(board) == 0);
    REQUIRE(::unlockpt(board) == 0);
    CHECK(once(::ptsname(board)).exit_code == 1);

    probe.catch_up();
    for (auto const& message : probe.messages()) {
        INFO(message.topic << ' ' << message.payload);
        CHECK(message.topic.starts_with("$SYS"));
    }
}
