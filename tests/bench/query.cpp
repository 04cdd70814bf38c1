// SPDX-License-Identifier: MIT
// What a page asks of a year in the store: 50 million samples of 20 series (two devices with ten fields
// each), written by the store itself, with rollups. Prints the file's size per sample, and the median of 50
// answers over HTTP of the sink, each of another series. Needs 2 GB in the temporary folder.
//   query [MILLIONS OF SAMPLES]      50 by default
#include "mqtt-sink/rollups.hpp"
#include "mqtt-sink/store.hpp"

#include "support/eventually.hpp"
#include "support/free_port.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace test;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int devices = 2;
constexpr std::array<char const*, 10> fields = {"seq",        "frequency_hz", "flow_c",  "return_c",
                                                "outdoor_c",  "battery_v",    "power_w", "flow_lh",
                                                "energy_kwh", "level_pct"};
constexpr std::int64_t year_ms = 365LL * 86'400'000;
constexpr int questions = 50;
constexpr std::int64_t rows_of_batch = 2000;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string device_name(std::int64_t device) { return "device" + std::to_string(device); }

/// What a device measures: numbers of three decimals that go their way, and a counter.
std::vector<bridge::Reading> readings(std::int64_t row) {
    std::vector<bridge::Reading> values = {{fields[0], row}};
    for (std::size_t field = 1; field < fields.size(); ++field) {
        double const wave =
            50 + 20 * std::sin(static_cast<double>(row) / (100.0 * static_cast<double>(field)));
        double const noise =
            static_cast<double>((row * 7919 + static_cast<std::int64_t>(field) * 104'729) % 1000);
        values.push_back({fields[field], std::round(wave * 1000 + noise) / 1000});
    }
    return values;
}

template <class Result>
auto need(Result result) {
    if (result.has_value()) return std::move(*result);
    std::printf("%s\n", result.error().detail.c_str());
    std::exit(1);
}
void need(sink::StoreResult<> result) {
    if (result.has_value()) return;
    std::printf("%s\n", result.error().detail.c_str());
    std::exit(1);
}

void write_rows(std::string const& path, std::int64_t rows, std::int64_t now) {
    auto store = need(sink::Store::open(path));
    std::int64_t const pace = year_ms / (rows / devices);
    for (std::int64_t row = 0; row < rows;) {
        need(store.begin());
        for (auto const end = std::min(row + rows_of_batch, rows); row < end; ++row) {
            auto const device = device_name(row % devices);
            bridge::Timestamp const time{
                std::chrono::milliseconds(now - year_ms + (row / devices + 1) * pace)};
            (void)need(store.write(sink::Measurement{"mfm", device, {}, time, readings(row / devices)}));
        }
        need(store.commit(1, 1));
    }
}

void roll_up(std::string const& path) {
    auto connection = need(sink::Connection::open(path, sink::Connection::Access::read_write));
    need(connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
    sink::Rollups rollups;
    double longest = 0;
    for (bool more = true; more;) {
        need(connection.execute("BEGIN IMMEDIATE"));
        do {
            auto const start = Clock::now();
            need(rollups.unit(connection));
            longest = std::max(longest, seconds_since(start));
        } while (rollups.busy());
        need(connection.execute("COMMIT"));
        more = need(sink::Rollups::waiting(connection)) > 0;
    }
    std::printf("longest piece of work: %.1f ms\n", longest * 1000);
}

void print_sizes(std::string const& path, double samples) {
    auto connection = need(sink::Connection::open(path, sink::Connection::Access::read_write));
    need(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    auto const bytes = [&](std::string const& where) {
        return static_cast<double>(need(connection.number("SELECT sum(pgsize) FROM dbstat" + where)));
    };
    double const rollups = bytes(" WHERE name IN ('rollup_1m', 'rollup_1h', 'rollup_1d', 'dense_hours')");
    double const all = static_cast<double>(std::filesystem::file_size(path));
    std::printf("bytes per sample: %.1f, of these %.1f for rollups (%.0f MB in all)\n", all / samples,
                rollups / samples, all / 1e6);
}

struct Question {
    char const* name;
    std::string target;  ///< `{}` for the series
    bool of_series = true;
};

void ask(std::uint16_t port, Question const& question) {
    std::vector<double> times;
    std::size_t bytes = 0;
    for (int i = 0; i < questions; ++i) {
        std::string target = question.target;
        if (question.of_series) {
            target += "&device=" + device_name(i % devices) +
                      "&field=" + fields[static_cast<std::size_t>(i / devices) % fields.size()];
        }
        auto const start = Clock::now();
        auto const answer = http_get(port, target);
        times.push_back(seconds_since(start) * 1000);
        bytes = std::max(bytes, answer.body.size());
        if (answer.status != 200) {
            std::printf("%s: %d %s\n", target.c_str(), answer.status, answer.body.c_str());
            std::exit(1);
        }
    }
    std::ranges::sort(times);
    std::printf("%-34s %9.1f %9.1f %9.1f %11zu\n", question.name, times[times.size() / 2], times.front(),
                times.back(), bytes);
}

}  // namespace

int main(int argc, char** argv) {
    double const millions = argc > 1 ? std::atof(argv[1]) : 50;
    auto const rows = static_cast<std::int64_t>(millions * 1e6 / static_cast<double>(fields.size()));
    double const samples = static_cast<double>(rows) * static_cast<double>(fields.size());
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    TempFolder const folder;
    std::string const path = folder / "store.db";
    std::printf("%.1f million samples, a row of ten each %.1f s\n", samples / 1e6,
                static_cast<double>(year_ms / (rows / devices)) / 1000);

    auto start = Clock::now();
    write_rows(path, rows, now);
    std::printf("written in %.0f s, ", seconds_since(start));
    start = Clock::now();
    std::fflush(stdout);
    roll_up(path);
    std::printf("rollups made in %.0f s\n", seconds_since(start));
    print_sizes(path, samples);

    FreePort const http;
    Process const sink(folder, {std::filesystem::path(TEST_PROGRAM_FOLDER) / "mqtt-sink",
                                {"--database", path, "--http-listen", http.address(), "--mqtt-port", "1"},
                                {}});
    std::string const query = "/api/v1/query?base=mfm&points=1000";
    if (!eventually([&] { return http_get(http.number(), "/api/v1/devices").status == 200; }, 30s)) {
        std::printf("%s\n", sink.errors().c_str());
        return 1;
    }
    std::printf("%-34s %9s %9s %9s %11s\n", "ms over HTTP", "median", "least", "most", "bytes");
    ask(http.number(), {"a year, 1,000 points", query + "&from=-365d"});
    ask(http.number(), {"the last hour, 1,000 points", query + "&from=-1h"});
    ask(http.number(), {"the newest of all devices", "/api/v1/devices", false});
    // Not among the goals: the widest chart that is made of minutes, and of raw rows.
    ask(http.number(), {"41 days, 1,000 points", query + "&from=-41d"});
    ask(http.number(), {"16 hours, 1,000 points", query + "&from=-16h"});
    return 0;
}
