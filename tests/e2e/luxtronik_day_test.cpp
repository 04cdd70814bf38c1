// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace test;
using Json = nlohmann::json;

namespace {

using Raw = std::map<std::size_t, std::int64_t>;

/// Four bytes as a recording has them.
std::string number(std::int64_t value) {
    char text[20];
    auto const bits = static_cast<std::uint32_t>(value);
    std::snprintf(text, sizeof text, "\\x%02x\\x%02x\\x%02x\\x%02x", bits >> 24U, bits >> 16U & 0xffU,
                  bits >> 8U & 0xffU, bits & 0xffU);
    return text;
}

std::string block(std::vector<std::int64_t> const& head, std::size_t count, Raw const& values) {
    std::string text;
    for (auto const value : head) text += number(value);
    text += number(static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < count; ++i) text += number(values.count(i) > 0 ? values.at(i) : 0);
    return text;
}

/// A pump with firmware V3.90.3 that heats with 9 kW of 2 kW, without an end.
std::string poll_at(std::int64_t seconds) {
    std::string const version = "V3.90.3";
    Raw calculations = {{10, 350},
                        {11, 290},
                        {31, 1},
                        {44, 1},
                        {56, 90'000 + seconds},
                        {57, 40},
                        {63, 90'000 + seconds},
                        {64, 80'000 + seconds},
                        {65, 9'000},
                        {80, 0},
                        {134, 1'792'000'000 + seconds},
                        {151, 50'000 + seconds * 90 / 3600},
                        {152, 9'000},
                        {257, 9'000},
                        {268, 2'000}};
    for (std::size_t i = 0; i < version.size(); ++i) calculations[81 + i] = version[i];
    Raw const parameters = {{1136, 100'000 + seconds * 200 / 3600}, {1137, 30'000}};
    return block({3004, 0}, 272, calculations) + block({3003}, 1159, parameters) + number(3005) + number(0);
}

/// What a program without a broker prints, by topic.
std::map<std::string, std::vector<Json>> readings_of(std::string const& output) {
    std::map<std::string, std::vector<Json>> all;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        auto const blank = line.find(' ');
        all[line.substr(0, blank)].push_back(Json::parse(line.substr(blank + 1), nullptr, false));
    }
    return all;
}

std::string address_in(std::filesystem::path const& port_file) {
    return "127.0.0.1:" + std::to_string(std::stoi(read_file(port_file)));
}

}  // namespace

TEST_CASE(
    "a heat pump's day ends at midnight where the bridge is, and the next one begins with nothing lost") {
    TempFolder const folder;
    // 24 October 2026, 23:30 in Central Europe, the day before the clocks go back.
    constexpr std::int64_t begin = 1'792'877'400;
    std::ofstream recording(folder / "recording.txt");
    for (std::int64_t second = 0; second <= 3600; second += 30)
        recording << (begin + second) * 1000 << ' ' << poll_at(second) << '\n';
    recording.close();
    auto const done = run(folder, {program_path("luxtronik2mqtt"),
                                   Arguments{"--replay", (folder / "recording.txt").string(), "--dry-run"},
                                   {{"TZ", "CET-1CEST,M3.5.0,M10.5.0/3"}}});
    INFO(done.errors);
    REQUIRE(done.exit_code == 0);
    auto const all = readings_of(done.output);
    auto const& now = all.at("luxtronik/heatpump");
    CHECK(now.size() == 121);
    CHECK_FALSE(now[5].contains("cop"));
    CHECK(now[6]["cop"] == 4.5);
    CHECK(now.back()["cop"] == 4.5);

    auto const& days = all.at("luxtronik/heatpump/day");
    std::map<std::string, Json> last_of;
    for (auto const& day : days) last_of[day["date_text"]] = day;
    REQUIRE(last_of.size() == 2);
    auto const& saturday = last_of.at("2026-10-24");
    auto const& sunday = last_of.at("2026-10-25");
    // Counted from when it was first read; the last reading before midnight, at 23:59:30, closes it.
    CHECK(saturday["since_midnight"] == 0);
    CHECK(saturday["ts"] == (begin + 1770) * 1000);
    CHECK(saturday["heating_h"] == 0.49);
    CHECK(saturday["heat_heating_kwh"] == 4.4);
    CHECK(sunday["since_midnight"] == 1);
    CHECK(sunday["heating_h"] == 0.51);
    CHECK(sunday["heat_heating_kwh"] == 4.6);
    CHECK(sunday["electric_kwh"] == 1.02);
    CHECK(sunday["cop"].get<double>() == Approx(4.5).margin(0.1));
    CHECK(sunday["compressor_1_starts_count"] == 0);
    CHECK(sunday["defrosts_count"] == 0);
    for (auto const& day : days) {
        for (auto const& [name, value] : day.items()) {
            INFO(name);
            if (value.is_number()) CHECK(value.get<double>() >= 0);
        }
    }
}

TEST_CASE("a day goes on over restarts of the bridge, and a damaged one is set aside and said") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe const probe(broker.port(), {"luxtronik/#"});
    auto const port = folder / "port";
    Process const pump(folder, {program_path("devsim"), {"luxtronik", "--port-file", port.string()}});
    REQUIRE(eventually([&] { return !read_file(port).empty(); }));
    auto const state = folder / "state";
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + Arguments{"--host", address_in(port), "--interval", "1s",
                                                        "--spool-dir", state.string()});
    auto const days = [&] { return probe.on("luxtronik/heatpump/day").size(); };
    auto const kept = [&] { return read_file(state / "day-heatpump"); };
    REQUIRE(eventually([&] { return days() > 0 && kept().starts_with('{'); }));
    CHECK(bridge.stop() == 0);
    auto const date = Json::parse(kept())["date"].get<std::int64_t>();

    // What an earlier run of this day had counted is gone on with.
    auto changed = Json::parse(kept());
    changed["counters"]["heat_heating_kwh"]["grown"] = 12.5;
    std::ofstream(state / "day-heatpump") << changed;
    auto before = days();
    bridge.start();
    REQUIRE(eventually([&] { return days() > before; }));
    CHECK(bridge.stop() == 0);
    auto const day = Json::parse(probe.last("luxtronik/heatpump/day")->payload);
    bool const same_day = Json::parse(kept())["date"].get<std::int64_t>() == date;
    CHECK((!same_day || day["heat_heating_kwh"].get<double>() >= 12.5));

    std::ofstream(state / "day-heatpump") << kept().substr(0, 100);
    before = days();
    bridge.start();
    REQUIRE(eventually([&] { return days() > before; }));
    CHECK(bridge.log().find("event=set_aside") != std::string::npos);
    CHECK(std::filesystem::exists(state / "day-heatpump.damaged"));
    CHECK(bridge.stop() == 0);
    CHECK(Json::parse(probe.last("luxtronik/heatpump/day")->payload)["since_midnight"] == 0);
}

TEST_CASE("faults and switch-offs come in the order of time, each once over restarts and kills") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"luxtronik/#"});
    auto const port = folder / "port";
    // Its list of switch-offs is a ring whose newest is in the fourth place.
    Process const pump(folder, {program_path("devsim"),
                                {"luxtronik", "--port-file", port.string(), "--clock", "1501045889"}});
    REQUIRE(eventually([&] { return !read_file(port).empty(); }));
    auto const state = folder / "state";
    Program bridge(folder, "luxtronik2mqtt",
                   broker_at(broker.port()) + Arguments{"--host", address_in(port), "--interval", "1s",
                                                        "--spool-dir", state.string()});
    auto const events = [&] { return probe.on("luxtronik/heatpump/event"); };
    REQUIRE(eventually([&] { return events().size() >= 7; }));
    // All that has been said is on the disk as said.
    REQUIRE(eventually([&] {
        auto const text = read_file(state / "events");
        return text.find("switch_off-1501045864") != std::string::npos &&
               text.find("payload") == std::string::npos;
    }));
    bridge.kill();
    bridge.start();
    auto read_since = probe.on("luxtronik/heatpump").size();
    REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() > read_since + 1; }));
    CHECK(bridge.stop() == 0);
    bridge.start();
    read_since = probe.on("luxtronik/heatpump").size();
    REQUIRE(eventually([&] { return probe.on("luxtronik/heatpump").size() > read_since + 1; }));
    CHECK(bridge.stop() == 0);
    probe.catch_up();

    std::vector<std::int64_t> times;
    std::set<std::string> ids;
    for (auto const& message : events()) {
        auto const event = Json::parse(message.payload);
        times.push_back(event["ts"]);
        CHECK(ids.insert(event["id"]).second);
    }
    CHECK(times.size() == 7);
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(times.back() == 1'501'045'864'000);
}
