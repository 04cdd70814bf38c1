// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"

#include "support/dump_server.hpp"
#include "support/eventually.hpp"
#include "support/made_dump.hpp"
#include "support/mqtt_probe.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <regex>
#include <set>

using namespace test;

namespace {

/// A decimal comma, a grouping point, and 12 h 45 min or 13 h 45 min ahead of UTC.
Variables const elsewhere = {{"LC_ALL", "de_DE.UTF-8"}, {"LANG", "de_DE.UTF-8"}, {"TZ", "Pacific/Chatham"}};

/// What two tellings of the same cannot have in common: when it was taken, and how many were before.
std::string what_is_said(std::string const& payload) {
    static std::regex const when(R"~("ts":\d{13}([,}]))~"), number(R"~("(seq|id)":\d+([,}]))~");
    return std::regex_replace(std::regex_replace(payload, when, R"("ts":0$1)"), number, R"("$1":0$2)");
}

/// All four bridges and the sink at a broker of their own.
struct House {
    TempFolder folder;
    Broker broker{folder, {.checked = false}};
    MqttProbe probe{broker.port(), {"#"}};
    SerialLine board{folder / "board"};
    std::array<Program, 5> programs;

    House(Variables const& environment, std::string const& controller, DumpServer const& tester)
        : programs{
              program("mfm2mqtt", serial_port(folder / "board") + quick(), environment),
              program("luxtronik2mqtt", {"--host", controller, "--interval", "1s"}, environment),
              program("mastertronic2mqtt",
                      {"--host", "127.0.0.1", "--port", std::to_string(tester.port()), "--interval", "1s"},
                      environment),
              program("isems2mqtt", {}, environment),
              program("mqtt-sink", {"--database", folder / "store.db"}, environment)} {}

    [[nodiscard]] Program const& sink() const { return programs.back(); }
    [[nodiscard]] std::set<std::string> said(std::string const& topic) const {
        std::set<std::string> all;
        for (auto const& message : probe.on(topic)) all.insert(what_is_said(message.payload));
        return all;
    }

  private:
    Program program(std::string const& name, Arguments arguments, Variables const& environment) {
        if (name != "mqtt-sink")
            arguments = arguments + Arguments{"--spool-dir", (folder / (name + ".state")).string()};
        return Program(folder, name, broker_at(broker.port()) + arguments, environment);
    }
};

/// A simulated controller whose time stands still, as good as.
struct FrozenController {
    std::filesystem::path port_file;
    Process process;

    explicit FrozenController(TempFolder const& folder)
        : port_file(folder / "controller.port"),
          process(folder, {program_path("devsim"),
                           {"luxtronik", "--port-file", port_file.string(), "--clock", "1768435200",
                            "--speed", "0.001"}}) {
        REQUIRE(eventually([this] { return !read_file(port_file).empty(); }));
    }
    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(std::stoi(read_file(port_file)));
    }
};

std::string dump() {
    return made_dump(
        "CREATE TABLE test_record (id INTEGER PRIMARY KEY, parameter TEXT, value INTEGER, "
        "baselined_value INTEGER, multiply_factor INTEGER, record_time INTEGER);"
        "INSERT INTO test_record VALUES (NULL,'KH_VAL',803,-1,100,1767000000);"
        "INSERT INTO test_record VALUES (NULL,'CA_VAL',1412,-1,1,1767000600);");
}

}  // namespace

TEST_CASE("the language and the time zone of the host change no byte of what is published and answered") {
    TempFolder const folder;
    // Both are there: a C program's comma and clock follow them.
    REQUIRE(run(folder, {"/usr/bin/locale", {"decimal_point"}, elsewhere}).output == ",\n");
    REQUIRE_THAT(run(folder, {"/usr/bin/date", {"+%z"}, elsewhere}).output, contains_text("45\n"));

    FrozenController const controller(folder);
    DumpServer tester;
    tester.answer(dump());
    House home(Variables{}, controller.address(), tester);
    House away(elsewhere, controller.address(), tester);
    for (auto const* const house : {&home, &away}) REQUIRE(eventually([&] { return house->sink().ready(); }));

    // As a node says it, and readings whose time is ours to choose.
    auto const second =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    std::string const node =
        "Elektra;1;" + std::to_string(second) +
        ";ATmega8_A_1;711;0;18.614;18.614;14.073;99.5;100;28.25;11.67;14.086;7;20;52.507309;"
        "13.458635;300";
    std::string const from = std::to_string(second * 1000);
    std::string const reading =
        R"({"ts":)" + from + R"(,"seq":1,"power_w":12345.625,"state_text":"Kühlung"})";
    auto const topics = {"mfm/mains", "luxtronik/heatpump", "mastertronic/watertester/kh",
                         "mastertronic/watertester/ca", "isems/Elektra"};
    for (auto const* const topic : topics) {
        INFO(topic);
        CHECK(eventually([&] {
            for (auto* const house : {&home, &away}) {
                if (house->board.opened(0ms)) house->board.write(mains_line(1, 49'987));
                if (house->said("isems/Elektra").empty()) house->probe.publish("/isems/Elektra/csvlog", node);
            }
            auto const here = home.said(topic), there = away.said(topic);
            return std::any_of(here.begin(), here.end(), [&](auto const& said) {
                return said.find('.') != said.npos && there.contains(said);
            });
        }));
    }
    // Not one is to be different, so what was not said at home was not said away either.
    for (auto const* const topic : topics) {
        INFO(topic);
        if (std::string(topic) != "mfm/mains") CHECK(away.said(topic) == home.said(topic));
        for (auto const& said : away.said(topic)) CHECK(said.find("\"ts\":0,") != said.npos);
    }

    for (auto* const house : {&home, &away}) house->probe.publish("mfm/chosen", reading);
    std::string const until = from + "&to=" + std::to_string((second + 60) * 1000);
    for (auto const& path :
         {"/api/v1/query?base=mfm&device=chosen&field=power_w&from=" + until,
          "/api/v1/query?base=isems&device=Elektra&field=battery_v&from=" + until,
          std::string("/measurements/latest?all=true"), std::string("/measurements/Elektra/latest")}) {
        INFO(path);
        HttpAnswer here, there;
        bool const same = eventually([&] {
            here = home.sink().get(path);
            there = away.sink().get(path);
            return here.status == 200 && here.body.find('.') != here.body.npos &&
                   what_is_said(here.body) == what_is_said(there.body);
        });
        INFO(here.status << ' ' << here.body << there.status << ' ' << there.body);
        CHECK(same);
    }
}
