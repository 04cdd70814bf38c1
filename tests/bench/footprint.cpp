// SPDX-License-Identifier: MIT
// Memory and processor time of mfm2mqtt, idle (no device) and at 10 messages a second, each over 20 seconds.
#include "support/broker.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace test;

namespace {

constexpr auto measured_for = 20s;

std::filesystem::path program(char const* name) { return std::filesystem::path(TEST_PROGRAM_FOLDER) / name; }

/// Processor time used so far, user and system (proc(5), stat, fields 14 and 15).
double cpu_seconds(pid_t id) {
    std::string line;
    std::getline(std::ifstream("/proc/" + std::to_string(id) + "/stat"), line);
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    double user = 0;
    double system = 0;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void measure(char const* name, Process& bridge) {
    std::this_thread::sleep_for(5s);
    double const before = cpu_seconds(bridge.id());
    std::this_thread::sleep_for(measured_for);
    double const used = cpu_seconds(bridge.id()) - before;
    std::printf("%-22s %8.1f %8.2f\n", name, static_cast<double>(bridge.resident_kib()) / 1024.0,
                100.0 * used / std::chrono::duration<double>(measured_for).count());
}

}  // namespace

int main() {
    TempFolder const folder;
    Broker const broker(folder);
    auto const link = (folder.path() / "mains").string();
    Process::Plan plan{program("mfm2mqtt"),
                       {"--serial-port", link, "--scrape-interval", "100ms", "--mqtt-port",
                        std::to_string(broker.port()), "--http-listen", "127.0.0.1:0"},
                       {{"XDG_STATE_HOME", folder.path().string()}}};
    std::printf("%-22s %8s %8s\n", "mfm2mqtt", "RSS MiB", "CPU %");
    {
        Process bridge(folder, plan);
        measure("idle, no device", bridge);
    }
    // Five times the board's pace, so that each tenth of a second has a line.
    Process const board(folder, {program("devsim"), {"mfm", "--link", link, "--speed", "5"}, {}});
    Process bridge(folder, plan);
    measure("10 messages a second", bridge);
    return 0;
}
