// SPDX-License-Identifier: MIT
// How many messages a second mqtt-sink stores, against a bare subscriber that only counts them: the same real
// broker, the same flood (QoS 1, 235 bytes of JSON with 13 numbers), in turns within one run. The sink's
// clock stops when the last message is visible in `samples`; both sessions are made anew for each round.
//   sink_throughput [MESSAGES] [ROUNDS]
#include "support/broker.hpp"
#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/publisher.hpp"
#include "support/temp_folder.hpp"

#include <mqtt/async_client.h>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace test;
using Clock = std::chrono::steady_clock;

namespace {

/// One reading of ten devices in turn; 13 numbers beside `ts`, padded by their digits to 235 bytes.
Publisher::Text reading(std::size_t round, std::size_t number) {
    std::int64_t const ts = 1'785'570'000'000 + static_cast<std::int64_t>(round * 100'000'000 + number);
    char payload[300];
    double const hz = 49.9 + static_cast<double>(number % 2000) / 10'000;
    int const size = std::snprintf(
        payload, sizeof payload,
        R"({"ts":%lld,"seq":%09zu,"frequency_hz":%.4f,"mean_hz":%.4f,"min_hz":%.4f,"max_hz":%.4f,"rocof_mhz_s":%.4f,)"
        R"("deviation_s":%.4f,"temp_c":%.4f,"voltage_v":%.3f,"line":%zu,"load_mw":%zu,"a_w":%zu,"b_w":%zu})",
        static_cast<long long>(ts), 100'000'000 + number, hz, hz, hz, hz, hz, hz, hz, 230 + hz, number % 10,
        100 + number % 900, 100 + number % 900, 100 + number % 900);
    return {"mfm/bench" + std::to_string(number % 10), std::string(payload, static_cast<std::size_t>(size))};
}

void flood(std::uint16_t port, std::size_t round, std::size_t messages,
           std::unique_ptr<Publisher>& publisher) {
    Publisher::Plan plan;
    plan.port = port;
    plan.count = messages;
    plan.window = 2000;
    plan.message = [round](std::size_t number) { return reading(round, number); };
    publisher = std::make_unique<Publisher>(std::move(plan));
}

double rate(std::size_t messages, Clock::duration taken) {
    return static_cast<double>(messages) / std::chrono::duration<double>(taken).count();
}

double bare_subscriber(std::uint16_t port, std::size_t round, std::size_t messages) {
    std::atomic<std::size_t> count{0};
    mqtt::async_client client("tcp://127.0.0.1:" + std::to_string(port), "bare" + std::to_string(round),
                              mqtt::create_options(MQTTVERSION_5), nullptr);
    client.set_message_callback([&](mqtt::const_message_ptr const&) { ++count; });
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_clean_start(true);
    options.set_properties({{mqtt::property::RECEIVE_MAXIMUM, 10'000}});
    client.connect(options)->wait();
    client.subscribe("mfm/#", 1)->wait();
    auto const start = Clock::now();
    std::unique_ptr<Publisher> publisher;
    flood(port, round, messages, publisher);
    if (!eventually([&] { return count >= messages; }, 300s))
        std::puts("the bare subscriber did not get all");
    auto const taken = Clock::now() - start;
    client.disconnect()->wait();
    return rate(messages, taken);
}

double sink(TempFolder const& folder, std::uint16_t port, std::size_t round, std::size_t messages) {
    auto const file = folder / ("store" + std::to_string(round) + ".db");
    FreePort const http;
    Process program(folder, {std::filesystem::path(TEST_PROGRAM_FOLDER) / "mqtt-sink",
                             {"--database", file.string(), "--mqtt-port", std::to_string(port),
                              "--mqtt-client-id", "round" + std::to_string(round), "--http-listen",
                              "127.0.0.1:" + std::to_string(http.number())},
                             {}});
    if (!eventually([&] { return http_get(http.number(), "/readyz").status == 200; }))
        std::puts("the sink is not ready");
    Database const database(file);
    auto const last = reading(round, messages - 1);
    std::string const ts =
        std::to_string(1'785'570'000'000 + static_cast<std::int64_t>(round * 100'000'000 + messages - 1));
    auto const start = Clock::now();
    std::unique_ptr<Publisher> publisher;
    flood(port, round, messages, publisher);
    // The broker keeps the order, so the last one is seen when all are; the count is looked at after the
    // clock.
    bool const all = eventually(
        [&] {
            return publisher->acknowledged_count() >= messages &&
                   database.count("device = 'bench" + std::to_string((messages - 1) % 10) +
                                  "' AND ts = " + ts + " AND field = 'seq'") == 1;
        },
        300s);
    auto const taken = Clock::now() - start;
    auto const stored = database.number("SELECT count(*) FROM mfm").value_or(0);
    if (!all || stored != static_cast<std::int64_t>(messages))
        std::printf("stored %lld of %zu\n", static_cast<long long>(stored), messages);
    program.signal(SIGTERM);
    (void)program.wait_for_exit(10s);
    return rate(messages, taken);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t const messages = argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 200'000;
    int const rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    std::printf("payload of %zu bytes, %zu messages a round\n", reading(0, 0).payload.size(), messages);
    std::printf("%5s %14s %14s %7s\n", "round", "sink msg/s", "bare msg/s", "ratio");
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        TempFolder const folder;
        Broker const broker(folder);
        auto const number = static_cast<std::size_t>(round);
        double const bare = bare_subscriber(broker.port(), number, messages);
        double const stored = sink(folder, broker.port(), number, messages);
        ratios.push_back(stored / bare);
        std::printf("%5d %14.0f %14.0f %7.2f\n", round, stored, bare, ratios.back());
        std::fflush(stdout);
    }
    std::sort(ratios.begin(), ratios.end());
    std::printf("median ratio %.2f\n", ratios[ratios.size() / 2]);
    return 0;
}
