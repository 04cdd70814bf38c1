// SPDX-License-Identifier: MIT
// A day of the whole suite, sixty times as fast: all four kinds of devices with their faults, the sink, a
// broker that goes away every few hours. Each simulated hour it prints the memory of each program; at the end
// what was lost. Exit code 1 if a program grew by more than a twentieth after its first minute (the sink
// besides by its database's page cache), ended, or lost a reading.
//   day [SIMULATED HOURS]      24 by default: 24 minutes
#include "support/broker.hpp"
#include "support/eventually.hpp"
#include "support/free_port.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>

using namespace test;

namespace {

using Arguments = std::vector<std::string>;

constexpr auto hour = std::chrono::minutes(1);  // at this speed
constexpr char const* speed = "60";
constexpr double most_growth = 1.05;
/// The page cache of the sink's database fills once (SQLite's default size) and then stays.
constexpr double page_cache_kib = 2048;

std::filesystem::path program(std::string const& name) {
    return std::filesystem::path(TEST_PROGRAM_FOLDER) / name;
}

/// One of the suite's programs, and its memory after the first minute.
struct Watched {
    Watched(TempFolder const& folder, Broker const& broker, std::string program_name, Arguments arguments)
        : name(std::move(program_name)), process(folder, plan(folder, broker, std::move(arguments))) {}

    [[nodiscard]] Process::Plan plan(TempFolder const& folder, Broker const& broker, Arguments arguments) {
        for (auto const& argument : {std::string("--mqtt-port"), std::to_string(broker.port()),
                                     std::string("--http-listen"), http.address()}) {
            arguments.push_back(argument);
        }
        return {program(name), arguments, {{"XDG_STATE_HOME", (folder / "state").string()}}};
    }
    [[nodiscard]] double metric(std::string const& what) const {
        return test::metric(http_get(http.number(), "/metrics").body, what).value_or(-1);
    }

    std::string name;
    FreePort http;
    Process process;
    std::size_t first_kib = 0;
};

/// A simulated device, which says on its first line where it is.
struct Simulated {
    Simulated(TempFolder const& folder, Arguments arguments)
        : process(folder, {program("devsim"), [&] {
                               arguments.insert(arguments.end(), {"--speed", speed});
                               return arguments;
                           }()}) {}

    Process process;
};

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

void print(int passed_hours, std::deque<Watched> const& suite) {
    std::printf("%4d h", passed_hours);
    for (auto const& watched : suite) {
        std::printf("%20.1f", static_cast<double>(watched.process.resident_kib()) / 1024.0);
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    int const hours = argc > 1 ? std::atoi(argv[1]) : 24;
    TempFolder const folder;
    Broker broker(folder);
    std::string const link = (folder / "mains").string();
    FreePort const pump_port;
    FreePort const tester_port;
    Simulated const board(folder,
                          {"mfm", "--link", link, "--fault", "unplug@3h+20min,noise=1%@5h+2h,reset@9h"});
    Simulated const pump(folder, {"luxtronik", "--port", pump_port.text()});
    Simulated const tester(folder, {"mastertronic", "--port", tester_port.text(), "--fault", "torn@6h+1h"});
    Simulated const nodes(folder, {"isems", "--history", "3600", "--nodes", "10", "--fault",
                                   "1:dead@4h+2h;2:html@8h+1h;all:odd=5%@0+24h"});
    if (!eventually([&] { return nodes.process.output().ends_with('\n'); })) return 1;

    std::deque<Watched> suite;
    suite.emplace_back(folder, broker, "mqtt-sink", Arguments{"--database", (folder / "store.db").string()});
    suite.emplace_back(folder, broker, "mfm2mqtt",
                       Arguments{"--serial-port", link, "--scrape-interval", "100ms"});
    suite.emplace_back(folder, broker, "luxtronik2mqtt",
                       Arguments{"--host", "127.0.0.1:" + pump_port.text(), "--interval", "1s"});
    suite.emplace_back(folder, broker, "mastertronic2mqtt",
                       Arguments{"--host", "127.0.0.1", "--port", tester_port.text(), "--interval", "10s"});
    suite.emplace_back(folder, broker, "isems2mqtt",
                       Arguments{"--router-ips", first_line(nodes.process.output()), "--interval", "1s"});

    std::printf("resident MiB");
    for (auto const& watched : suite) std::printf("%18s  ", watched.name.c_str());
    std::printf("\n");
    for (int passed = 1; passed <= hours; ++passed) {
        if (passed % 5 == 4) {
            broker.stop();
            std::this_thread::sleep_for(hour / 3);
            broker.start();
            std::this_thread::sleep_for(hour - hour / 3);
        } else {
            std::this_thread::sleep_for(hour);
        }
        for (auto& watched : suite) {
            if (watched.first_kib == 0) watched.first_kib = watched.process.resident_kib();
        }
        print(passed, suite);
    }

    bool good = true;
    for (auto& watched : suite) {
        bool const running = watched.process.running();
        auto const growth = running ? static_cast<double>(watched.process.resident_kib()) /
                                          static_cast<double>(watched.first_kib)
                                    : 0;
        bool const sink = watched.name == "mqtt-sink";
        double const lost = sink ? 0 : watched.metric(watched.name + "_readings_dropped_total");
        double const delivered = sink ? watched.metric("mqtt_sink_messages_stored_total")
                                      : watched.metric(watched.name + "_readings_delivered_total");
        std::printf("%-18s grew by %5.1f %%, %8.0f messages, %.0f lost%s\n", watched.name.c_str(),
                    100 * (growth - 1), delivered, lost, running ? "" : ", ENDED");
        double const allowed =
            most_growth * static_cast<double>(watched.first_kib) + (sink ? page_cache_kib : 0);
        good = good && running && static_cast<double>(watched.process.resident_kib()) <= allowed && lost == 0;
    }
    return good ? 0 : 1;
}
