// SPDX-License-Identifier: MIT
// What a poll of a heat pump costs: blocks decoded a second beside the time that copying their bytes takes,
// and the processor time of one whole poll against its goal of 3 ms, in this process without the network, and
// of the program with twenty simulated heat pumps and a broker.
#include "luxtronik2mqtt/decode.hpp"
#include "luxtronik2mqtt/field_metrics.hpp"
#include "luxtronik2mqtt/fields.hpp"

#include <bridge/payload.hpp>

#include "devsim/luxtronik_memory.hpp"
#include "support/broker.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr double goal_ms = 3;
constexpr int rounds = 7;

/// Processor time of this process, user and system.
double cpu_seconds() {
    std::timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Seconds that one call takes: the median of some rounds.
double seconds_each(int times, std::function<void()> const& work) {
    std::vector<double> taken;
    for (int round = 0; round < rounds; ++round) {
        double const start = cpu_seconds();
        for (int i = 0; i < times; ++i) work();
        taken.push_back((cpu_seconds() - start) / times);
    }
    std::sort(taken.begin(), taken.end());
    return taken[taken.size() / 2];
}

void put(std::string& bytes, std::int64_t number) {
    auto const bits = static_cast<std::uint32_t>(number);
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift & 0xffU);
}

/// The three blocks of one poll.
std::string poll_of(devsim::LuxtronikMake const& make) {
    devsim::House house(make.clock, 1);
    auto const time = devsim::DeviceTime(10'800);
    auto const lists = devsim::luxtronik_lists(make, house.at(time), time);
    std::string bytes;
    put(bytes, 3004);
    put(bytes, 0);
    put(bytes, static_cast<std::int64_t>(lists.calculations.size()));
    for (auto const value : lists.calculations) put(bytes, value);
    put(bytes, 3003);
    put(bytes, static_cast<std::int64_t>(lists.parameters.size()));
    for (auto const value : lists.parameters) put(bytes, value);
    put(bytes, 3005);
    put(bytes, static_cast<std::int64_t>(lists.visibilities.size()));
    for (auto const value : lists.visibilities) bytes += static_cast<char>(value);
    return bytes;
}

void measure(char const* name, std::string const& bytes, luxtronik::Selection selection) {
    auto const blocks = bridge::as_bytes(bytes);
    std::size_t kept = 0;
    std::string copy(bytes.size(), '\0');
    double const copying = seconds_each(20'000, [&] {
        std::copy(bytes.begin(), bytes.end(), copy.begin());
        // The compiler must not know that nobody looks.
        asm volatile("" : : "r"(copy.data()) : "memory");
    });
    double const decoding = seconds_each(500, [&] {
        if (auto const samples = luxtronik::decode(blocks, {}, selection)) kept += samples->size();
    });
    bridge::Metrics metrics;
    luxtronik::FieldMetrics shown(metrics, "heatpump", luxtronik::fields(), luxtronik::usual_metrics());
    double const whole = seconds_each(500, [&] {
        auto const samples = luxtronik::decode(blocks, {}, selection);
        auto const past = luxtronik::history(blocks);
        auto const found = luxtronik::lengths(blocks);
        if (!samples || !past || !found) return;
        shown.show_poll(blocks, *samples);
        for (auto const& sample : *samples) kept += bridge::to_json(sample, kept).size();
    });
    std::printf("%-22s %12.0f %12.2f %10.0f %12.3f  %s\n", name, 3 / decoding, copying * 1e6,
                decoding / copying, whole * 1e3, whole * 1e3 < goal_ms ? "reached" : "MISSED");
    if (kept == 0) std::printf("nothing was decoded\n");
}

/// Readings of the devices themselves, not of their channels.
std::size_t readings(test::MqttProbe const& probe) {
    auto const messages = probe.messages();
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(), [](test::Message const& one) {
            return one.payload.starts_with("{") && std::count(one.topic.begin(), one.topic.end(), '/') == 1;
        }));
}

void measure_program() {
    constexpr int heat_pumps = 20;
    constexpr auto measured_for = 20s;
    auto const program = [](char const* name) { return std::filesystem::path(TEST_PROGRAM_FOLDER) / name; };
    test::TempFolder const folder;
    test::Broker const broker(folder);
    test::MqttProbe const probe(broker.port(), {"luxtronik/+"});
    auto const port_file = folder / "port";
    test::Process const controller(
        folder, {program("devsim"),
                 {"luxtronik", "--port-file", port_file.string(), "--firmware", "V3.92.3", "--parameters",
                  "1200", "--calculations", "275", "--visibilities", "398"},
                 {}});
    if (!test::eventually([&] { return !test::read_file(port_file).empty(); })) return;
    std::string const address = "127.0.0.1:" + std::to_string(std::stoi(test::read_file(port_file)));
    std::string hosts;
    for (int i = 0; i < heat_pumps; ++i)
        hosts += (hosts.empty() ? "pump" : ",pump") + std::to_string(i) + "=" + address;
    test::Process const bridge(folder, {program("luxtronik2mqtt"),
                                        {"--host", hosts, "--interval", "1s", "--mqtt-port",
                                         std::to_string(broker.port()), "--http-listen", "127.0.0.1:0"},
                                        {{"XDG_STATE_HOME", folder.path().string()}}});
    if (!test::eventually([&] { return readings(probe) >= 5 * heat_pumps; })) return;
    auto const before = readings(probe);
    auto const used_before = bridge.cpu_time();
    std::this_thread::sleep_for(measured_for);
    auto const used = bridge.cpu_time() - used_before;
    auto const polls = readings(probe) - before;
    double const each = polls == 0 ? 0 : static_cast<double>(used.count()) / static_cast<double>(polls);
    std::printf("\nThe program, %d heat pumps, MQTT and all: %zu polls, %lld ms: %.2f ms a poll  %s\n",
                heat_pumps, polls, static_cast<long long>(used.count()), each,
                each > 0 && each < goal_ms ? "reached" : "MISSED");
}

}  // namespace

int main() {
    devsim::LuxtronikMake old;
    old.firmware = "V1.80";
    old.parameters = 1086;
    old.calculations = 200;
    old.visibilities = 336;
    old.clock = 1'768'435'200;
    devsim::LuxtronikMake young = old;
    young.firmware = "V3.92.3";
    young.parameters = 1200;
    young.calculations = 275;
    young.visibilities = 398;
    std::printf(
        "Blocks of a poll; processor time, medians of %d rounds. A poll: decoded, history, metrics, JSON; "
        "goal %.0f ms.\n",
        rounds, goal_ms);
    std::printf("%-22s %12s %12s %10s %12s\n", "", "blocks/s", "copy us", "ratio", "poll ms");
    measure("V1.80", poll_of(old), luxtronik::Selection::named);
    measure("V3.92.3", poll_of(young), luxtronik::Selection::named);
    measure("V3.92.3, all fields", poll_of(young), luxtronik::Selection::all);
    measure_program();
}
