// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "catch.hpp"

using namespace test;

namespace {

Finished check(TempFolder const& folder, std::uint16_t port, std::string const& database) {
    auto arguments = broker_at(port) + Arguments{"--check", "--database", folder / database};
    return run(folder, {program_path("mqtt-sink"), std::move(arguments), {}});
}

}  // namespace

TEST_CASE("a sink asked to check says what it found of database and broker") {
    TempFolder const folder;
    Broker broker(folder);
    auto const good = check(folder, broker.port(), "store.db");
    INFO(good.output << good.errors);
    CHECK(good.exit_code == 0);
    CHECK(good.output.find("will be made") != std::string::npos);
    CHECK(good.output.find("connected and subscribed, MQTT 5") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "store.db"));

    auto const no_folder = check(folder, broker.port(), "missing/store.db");
    CHECK(no_folder.exit_code == 1);
    CHECK(no_folder.output.find("cannot be written") != std::string::npos);

    broker.stop();
    auto const no_broker = check(folder, broker.port(), "store.db");
    CHECK(no_broker.exit_code == 1);
    CHECK(no_broker.output.find("refused") != std::string::npos);
}
