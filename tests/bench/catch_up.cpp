// SPDX-License-Identifier: MIT
// How fast mqtt-sink gives a database what it missed in an outage of a week, against what the same database
// takes when the same lines are only posted to it: a real influxd and a real VictoriaMetrics, in turns within
// one run. Bare: lines made beforehand, 5,000 a request, one and two connections, whichever is quicker. The
// sink's clock runs from its start until its lag is 0.
//   catch_up [ROWS] [ROUNDS]
#include "support/broker.hpp"
#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/influxd.hpp"
#include "support/process.hpp"
#include "support/publisher.hpp"
#include "support/temp_folder.hpp"
#include "support/victoria_metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t lines_a_request = 5000;
constexpr std::int64_t week_ms = 7 * 86'400'000LL;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Ten devices in turn, 13 numbers each, spread over the last week: as JSON and as the sink's line.
struct Week {
    std::size_t rows = 0;
    std::int64_t start = now_ms() - week_ms;

    [[nodiscard]] std::int64_t ts(std::size_t number) const {
        return start + static_cast<std::int64_t>(number) * week_ms / static_cast<std::int64_t>(rows);
    }
    [[nodiscard]] std::string fields(std::size_t number, std::string const& quote,
                                     std::string const& colon) const {
        static constexpr std::array<char const*, 13> names = {
            "seq",    "frequency_hz", "mean_hz", "min_hz",  "max_hz", "rocof_mhz_s", "deviation_s",
            "temp_c", "voltage_v",    "line",    "load_mw", "a_w",    "b_w"};
        std::string text;
        for (std::size_t field = 0; field < names.size(); ++field) {
            char value[32];
            bool const whole = field == 0 || field > 8;
            if (whole)
                std::snprintf(value, sizeof value, "%zu", field == 0 ? number : 100 + number * field % 900);
            else
                std::snprintf(value, sizeof value, "%zu.%03zu", 49 + field,
                              100 + number * (field + 1) % 899 / 10 * 10 + 1);
            text += (field == 0 ? "" : ",") + quote + names[field] + quote + colon + value;
        }
        return text;
    }
    [[nodiscard]] std::string device(std::size_t number) const {
        return "bench" + std::to_string(number % 10);
    }
    [[nodiscard]] Publisher::Text message(std::size_t number) const {
        return {"mfm/" + device(number),
                "{\"ts\":" + std::to_string(ts(number)) + "," + fields(number, "\"", ":") + "}"};
    }
    [[nodiscard]] std::string line(std::size_t number) const {
        return "mfm,device=" + device(number) + " " + fields(number, "", "=") + " " +
               std::to_string(ts(number)) + "\n";
    }
};

Process start_sink(TempFolder const& folder, std::uint16_t broker, FreePort const& http,
                   std::vector<std::string> const& more) {
    std::vector<std::string> arguments = {"--database",    (folder / "store.db").string(),
                                          "--mqtt-port",   std::to_string(broker),
                                          "--http-listen", http.address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {folder, {std::filesystem::path(TEST_PROGRAM_FOLDER) / "mqtt-sink", arguments, {}}};
}

double rate(std::size_t rows, Clock::duration taken) {
    return static_cast<double>(rows) / std::chrono::duration<double>(taken).count();
}

/// All of the week in the sink's file.
void fill(TempFolder const& folder, Broker const& broker, Week const& week) {
    FreePort const http;
    auto program = start_sink(folder, broker.port(), http, {});
    if (!eventually([&] { return http_get(http.number(), "/readyz").status == 200; }))
        std::puts("the sink is not ready");
    Publisher::Plan plan;
    plan.port = broker.port();
    plan.count = week.rows;
    plan.window = 2000;
    plan.message = [&](std::size_t number) { return week.message(number); };
    Publisher const publisher(plan);
    Database const database(folder / "store.db");
    auto const all = static_cast<std::int64_t>(week.rows);
    if (!eventually([&] { return database.number("SELECT count(*) FROM mfm") == all; }, 600s))
        std::puts("the sink has not stored all");
    // Else they are made while the catch-up is measured. The rest waits for an hour.
    constexpr double a_round_of_rollups = 50'000;
    if (!eventually(
            [&] {
                return metric(http_get(http.number(), "/metrics").body, "mqtt_sink_rollups_waiting", {})
                           .value_or(a_round_of_rollups) < a_round_of_rollups;
            },
            120s))
        std::puts("the sink has not made the rollups");
    program.signal(SIGTERM);
    (void)program.wait_for_exit(10s);
}

/// Lines a second.
double bare(std::uint16_t port, std::string const& target, std::vector<std::string> const& bodies,
            std::size_t rows, std::size_t connections) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    auto const start = Clock::now();
    for (std::size_t i = 0; i < connections; ++i) {
        threads.emplace_back([&] {
            for (auto at = next++; at < bodies.size(); at = next++) {
                HttpAsk ask;
                ask.method = "POST";
                ask.target = target;
                ask.body = bodies[at];
                int const status = http_ask(port, ask).status;
                if (status != 204) std::printf("the server says %d\n", status);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    return rate(rows, Clock::now() - start);
}

double catch_up(TempFolder const& folder, std::uint16_t broker, std::string const& url, std::size_t rows,
                double& cpu_s) {
    FreePort const http;
    auto const start = Clock::now();
    auto program = start_sink(folder, broker, http, {"--influx-url", url});
    auto const metrics = [&](char const* name) {
        return metric(http_get(http.number(), "/metrics").body, name, {}).value_or(-1);
    };
    if (!eventually([&] { return metrics("mqtt_sink_output_rows_given_total") >= static_cast<double>(rows); },
                    600s))
        std::puts("the sink has not given all");
    if (metrics("mqtt_sink_output_lag_rows") != 0) std::puts("there is still a lag");
    auto const taken = Clock::now() - start;
    cpu_s = std::chrono::duration<double>(program.cpu_time()).count();
    program.signal(SIGTERM);
    (void)program.wait_for_exit(10s);
    return rate(rows, taken);
}

struct Server {
    std::string name;
    std::uint16_t port;
    std::function<std::string(std::string const& database)> target;  ///< made, if need be
};

}  // namespace

int main(int argc, char** argv) {
    Week week;
    week.rows = argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 300'000;
    int const rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    std::vector<std::string> bodies;
    for (std::size_t number = 0; number < week.rows; ++number) {
        if (number % lines_a_request == 0) bodies.emplace_back();
        bodies.back() += week.line(number);
    }
    std::printf("%zu rows over a week, lines of %zu bytes\n", week.rows, week.line(week.rows - 1).size());
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    fill(folder, broker, week);
    Influxd const influxd(folder);
    VictoriaMetrics const victoria(folder);
    std::vector<Server> const servers = {
        {"InfluxDB 1.6", influxd.port(),
         [&](std::string const& database) {
             (void)influxd.ask("CREATE DATABASE " + database);
             return "/write?db=" + database;
         }},
        {"VictoriaMetrics", victoria.port(),
         [&](std::string const& database) { return "/write?extra_label=db=" + database; }},
    };
    for (auto const& server : servers) {
        std::printf("%s\n%5s %14s %14s %14s %7s %16s\n", server.name.c_str(), "round", "bare 1 conn/s",
                    "bare 2 conn/s", "catch-up/s", "ratio", "sink CPU s/100k");
        std::vector<double> ratios;
        for (int round = 0; round < rounds; ++round) {
            auto const target = [&](std::string const& kind) {
                return server.target(kind + std::to_string(round));
            };
            double const one = bare(server.port, target("one") + "&precision=ms", bodies, week.rows, 1);
            double const two = bare(server.port, target("two") + "&precision=ms", bodies, week.rows, 2);
            double cpu_s = 0;
            // An output of another name begins at the beginning.
            double const given =
                catch_up(folder, broker.port(),
                         server.name.substr(0, 1) + std::to_string(round) +
                             "=http://127.0.0.1:" + std::to_string(server.port) + target("sink"),
                         week.rows, cpu_s);
            ratios.push_back(given / std::max(one, two));
            std::printf("%5d %14.0f %14.0f %14.0f %7.2f %16.2f\n", round, one, two, given, ratios.back(),
                        cpu_s * 100'000 / static_cast<double>(week.rows));
            std::fflush(stdout);
        }
        std::sort(ratios.begin(), ratios.end());
        std::printf("median ratio %.2f\n", ratios[ratios.size() / 2]);
    }
    return 0;
}
