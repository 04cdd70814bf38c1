// SPDX-License-Identifier: MIT
// How many bytes mqtt-sink writes to its disk for each byte of payload, as its settings are by default: ten
// devices, ten readings a second of 235 bytes, in real time, for the kernel writes back by the clock. Needs
// TMPDIR on a real disk: memory is not counted. What the database's log still owes the database at the end is
// written by a checkpoint of this program's, which is dearer than one in the long run: that meets each page
// once for more rows.
//   sd_wear [MINUTES] [SETTING...]
#include "support/broker.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/publisher.hpp"
#include "support/temp_folder.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

using namespace test;

namespace {

constexpr double per_second = 10;
constexpr std::size_t devices = 10;

/// 13 numbers beside `ts`, as noisy as measured ones.
Publisher::Text reading(std::size_t number) {
    static std::mt19937 random(1);
    std::normal_distribution<double> noise(0, 0.01);
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    double const hz = 50 + noise(random);
    char payload[300];
    int const size = std::snprintf(
        payload, sizeof payload,
        R"({"ts":%lld,"seq":%09zu,"frequency_hz":%.4f,"mean_hz":%.4f,"min_hz":%.4f,"max_hz":%.4f,"rocof_mhz_s":%.4f,)"
        R"("deviation_s":%.4f,"temp_c":%.4f,"voltage_v":%.3f,"line":%zu,"load_mw":%zu,"a_w":%zu,"b_w":%zu})",
        static_cast<long long>(now.count()), 100'000'000 + number, hz, hz + noise(random), hz + noise(random),
        hz + noise(random), 5 + noise(random), 5 + noise(random), 20 + noise(random), 230 + noise(random),
        number % 10, 100 + random() % 900, 100 + random() % 900, 100 + random() % 900);
    return {"mfm/bench" + std::to_string(number % devices),
            std::string(payload, static_cast<std::size_t>(size))};
}

/// proc(5), io: what this process has made the kernel write, or is going to.
double written_by(std::string const& process) {
    std::ifstream lines("/proc/" + process + "/io");
    for (std::string name, number; lines >> name >> number;) {
        if (name == "write_bytes:") return std::stod(number);
    }
    return 0;
}

double size_of(std::filesystem::path const& file) {
    std::error_code none;
    auto const size = std::filesystem::file_size(file, none);
    return none ? 0 : static_cast<double>(size);
}

/// What it costs to bring the log into the database.
double checkpoint(std::filesystem::path const& database) {
    double const before = written_by("self");
    sqlite3* opened = nullptr;
    sqlite3_open_v2(database.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    if (sqlite3_exec(opened, "PRAGMA wal_checkpoint", nullptr, nullptr, nullptr) != SQLITE_OK)
        std::puts(sqlite3_errmsg(opened));
    double const written = written_by("self") - before;
    sqlite3_close(opened);
    return written;
}

}  // namespace

int main(int argc, char** argv) {
    double const minutes = argc > 1 ? std::atof(argv[1]) : 4;
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    FreePort const http;
    std::vector<std::string> arguments = {"--database",    (folder / "store.db").string(),
                                          "--mqtt-port",   std::to_string(broker.port()),
                                          "--http-listen", http.address()};
    arguments.insert(arguments.end(), argv + std::min(argc, 2), argv + argc);
    Process sink(folder, {std::filesystem::path(TEST_PROGRAM_FOLDER) / "mqtt-sink", arguments, {}});
    if (!eventually([&] { return http_get(http.number(), "/readyz").status == 200; })) {
        std::puts("the sink is not ready");
        return 1;
    }
    // The tables are made with the first readings; what that costs is not what a year costs.
    auto const publish = [&](std::size_t count) {
        Publisher::Plan plan;
        plan.port = broker.port();
        plan.count = count;
        plan.per_second = per_second;
        plan.message = reading;
        Publisher publisher(plan);
        while (!publisher.finished()) std::this_thread::sleep_for(100ms);
    };
    auto const uncommitted = [&] {
        return metric(http_get(http.number(), "/metrics").body, "mqtt_sink_inbox_messages", {}).value_or(1);
    };
    publish(devices);
    (void)eventually([&] { return uncommitted() == 0; }, 60s);
    (void)checkpoint(folder / "store.db");
    auto const id = std::to_string(sink.id());
    double const log_before = size_of(folder / "store.db-wal");
    double const before = written_by(id);
    auto const count = static_cast<std::size_t>(minutes * 60 * per_second);
    publish(count);
    (void)eventually([&] { return uncommitted() == 0; }, 60s);
    double const written = written_by(id) - before;
    double const log = size_of(folder / "store.db-wal") - log_before;
    sink.kill();
    double const database = checkpoint(folder / "store.db");

    double const payload = static_cast<double>(count * reading(0).payload.size());
    std::printf("%zu readings of %zu bytes in %.1f minutes\n", count, reading(0).payload.size(), minutes);
    auto const say = [&](char const* what, double bytes) {
        std::printf("%-34s %10.0f bytes %6.2f per payload byte\n", what, bytes, bytes / payload);
    };
    say("inbox and all else", written - log);
    say("the database's log", log);
    say("the database", database);
    say("together", written + database);
    return 0;
}
