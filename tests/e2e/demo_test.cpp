// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

using namespace test;

namespace {

/// scripts/demo with the programs of this folder.
Finished demo(TempFolder const& folder, std::filesystem::path const& programs) {
    Process::Plan plan;
    plan.program = std::filesystem::path(SOURCE_FOLDER) / "scripts" / "demo";
    plan.arguments = {"--no-install", "--seconds", "3"};
    plan.environment = {{"BRIDGE_BIN", programs.string()}, {"TMPDIR", folder.path().string()}};
    return run(folder, plan, std::chrono::seconds(150));
}

/// How many values of a device or channel the demo says to have found in the store.
int stored(Finished const& shown, std::string const& series) {
    auto const line = shown.output.find("\n  " + series + " ", shown.output.find("Values in the store:"));
    return line == std::string::npos ? -1 : std::stoi(shown.output.substr(line + 3 + series.size()));
}

std::set<std::uint16_t> shown_ports(Finished const& shown) {
    std::set<std::uint16_t> ports;
    std::string const address = "127.0.0.1:";
    for (auto at = shown.output.find(address); at != std::string::npos;
         at = shown.output.find(address, at + 1))
        ports.insert(static_cast<std::uint16_t>(std::stoi(shown.output.substr(at + address.size(), 5))));
    return ports;
}

}  // namespace

TEST_CASE("the demo shows every simulated device and leaves nothing behind") {
    TempFolder const folder;
    auto const shown = demo(folder, program_path(""));
    INFO(shown.output << shown.errors);
    CHECK(shown.exit_code == 0);
    for (auto const* series : {"isems/solar-01", "isems/Gr_ndach-03-0ab40aaf", "luxtronik/heatpump",
                               "luxtronik/heatpump/parameters", "mastertronic/watertester/kh", "mfm/mains"}) {
        INFO(series);
        CHECK(stored(shown, series) > 0);
    }
    // Its sink, four bridges and the broker, whose addresses it has shown, and its folder.
    std::set<std::uint16_t> const ports = shown_ports(shown);
    CHECK(ports.size() == 6);
    for (auto const port : ports) CHECK_FALSE(bool(connect_to(port)));
    for (auto const& entry : std::filesystem::directory_iterator(folder.path()))
        CHECK(entry.path().filename().string().starts_with("demo."));
}

TEST_CASE("the demo names the device of which nothing is stored") {
    TempFolder const folder;
    // There are two solar nodes instead of three.
    auto const programs = folder / "bin";
    std::filesystem::create_directory(programs);
    for (auto const& entry : std::filesystem::directory_iterator(program_path("")))
        std::filesystem::create_symlink(entry.path(), programs / entry.path().filename().string());
    std::filesystem::remove(programs / "devsim");
    auto const script = folder.write(
        "bin/devsim", "#!/bin/bash\nexec '" + program_path("devsim").string() + "' \"${@/#3/2}\"\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    auto const shown = demo(folder, programs);
    INFO(shown.output << shown.errors);
    CHECK(shown.exit_code == 1);
    CHECK(shown.errors == "Nothing was stored of: isems/Gr_ndach-03-0ab40aaf\n");
    CHECK(stored(shown, "isems/solar-01") > 0);
}
