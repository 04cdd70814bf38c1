// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using namespace test;

namespace {

std::vector<std::string> programs() {
    std::istringstream names(PROGRAMS_WITH_SETTINGS);
    std::vector<std::string> all;
    for (std::string name; std::getline(names, name, ',');) all.push_back(name);
    return all;
}

std::filesystem::path sample_of(std::string const& program) {
    return std::filesystem::path(SOURCE_FOLDER) / "apps" / program / "sample.toml";
}

std::string settings_in_force(TempFolder const& folder, std::string const& program,
                              std::vector<std::string> arguments) {
    arguments.push_back("--print-config");
    // The folder for what is kept follows the user's home.
    auto const ran = run(
        folder,
        {std::filesystem::path(TEST_PROGRAM_FOLDER) / program, std::move(arguments), {{"HOME", "/home/pi"}}});
    INFO(ran.errors);
    REQUIRE(ran.exit_code == 0);
    return ran.output;
}

}  // namespace

TEST_CASE("sample settings are the defaults and name every key") {
    auto const program = GENERATE(from_range(programs()));
    INFO(program);
    TempFolder const folder;
    auto const defaults = settings_in_force(folder, program, {});
    CHECK(settings_in_force(folder, program, {"--config", sample_of(program).string()}) == defaults);

    std::string const sample = read_file(sample_of(program));
    std::istringstream lines(defaults);
    int keys = 0;
    for (std::string line; std::getline(lines, line);) {
        auto const equals = line.find(" = ");
        if (equals == std::string::npos) continue;
        INFO(line);
        CHECK(sample.find("\n" + line.substr(0, equals) + " = ") != std::string::npos);
        ++keys;
    }
    CHECK(keys > 15);
}
