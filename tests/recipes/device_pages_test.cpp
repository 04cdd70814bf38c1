// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "catch.hpp"

using namespace test;

namespace {

std::vector<std::string> const bridges = {"isems2mqtt", "luxtronik2mqtt", "mastertronic2mqtt", "mfm2mqtt"};

std::string page(std::string const& bridge) { return "devices/" + bridge + ".md"; }

}  // namespace

TEST_CASE("the messages on the devices' pages are such as are published") {
    TempFolder const folder;
    Suite const suite(folder);
    for (auto const& bridge : bridges) {
        int readings = 0, availabilities = 0;
        for (auto const& code : shown_code(page(bridge), "")) {
            for (auto const& message : matches(code, R"((\S+/\S+) (online|\{.*\})\n)")) {
                INFO(message.at(0));
                if (message.at(2) == "online") {
                    CHECK(suite.says_online(message.at(1)));
                    ++availabilities;
                    continue;
                }
                for (auto const& field : matches(message.at(2), R"x("(\w+)":)x")) {
                    INFO(field.at(1));
                    CHECK(suite.publishes(message.at(1), field.at(1)));
                }
                ++readings;
            }
        }
        INFO(bridge);
        CHECK(readings > 0);
        CHECK(availabilities == 1);
    }
}

TEST_CASE("the settings on the devices' pages are taken as they stand") {
    TempFolder const folder;
    for (auto const& bridge : bridges) {
        for (auto const& settings : shown_code(page(bridge), "toml")) {
            auto const file = folder.write(bridge + ".toml", settings);
            auto const checked = run(folder, {program_path(bridge), {"--check-config", "--config", file}});
            INFO(settings << checked.errors);
            CHECK(checked.exit_code == 0);
        }
    }
}
