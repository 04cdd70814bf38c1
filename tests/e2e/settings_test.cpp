// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"

#include "support/broker.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using namespace test;

namespace {

constexpr auto canary = "c4n4ry-b\"#;=\\ird";

/// How a program is started with what it needs, but for the wrong setting.
Process::Plan plan_of(std::string const& program, TempFolder const& folder, FreePort const& http) {
    Process::Plan plan{program_path(program)};
    plan.arguments = {"--http-listen", http.address(), "--mqtt-port", "1"};
    plan.arguments.push_back(program == "mqtt-sink" ? "--database" : "--serial-port");
    plan.arguments.push_back(folder / "target");
    return plan;
}

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

void check_that_the_password_stays_hidden(std::string const& program) {
    enum class Way { variable, variable_file, configuration, configuration_file, credentials };
    auto const way = GENERATE(Way::variable, Way::variable_file, Way::configuration, Way::configuration_file,
                              Way::credentials);
    INFO(program << ", way " << static_cast<int>(way));
    TempFolder const folder;
    Broker::Plan broker_plan;
    broker_plan.user = "tester";
    broker_plan.password = canary;
    Broker const broker(folder, broker_plan);
    MqttProbe probe(broker.port(), {"#"});

    Arguments arguments =
        broker_at(broker.port()) + Arguments{"--mqtt-username", "tester", "--log-level", "debug"};
    Variables variables;
    std::filesystem::create_directory(folder / "credentials");
    switch (way) {
        case Way::variable:
            variables["MQTT_PASSWORD"] = canary;
            break;
        case Way::variable_file:
            variables["MQTT_PASSWORD_FILE"] = folder.write("password", std::string(canary) + "\n");
            break;
        case Way::configuration:
            arguments =
                arguments +
                Arguments{"--config", folder.write("settings.toml",
                                                   std::string("[mqtt]\npassword = '") + canary + "'\n")};
            break;
        case Way::configuration_file: {
            auto const file = folder.write("password", canary);
            arguments =
                arguments + Arguments{"--config", folder.write("settings.toml", "[mqtt]\npassword_file = '" +
                                                                                    file.string() + "'\n")};
            break;
        }
        case Way::credentials:
            variables["CREDENTIALS_DIRECTORY"] = folder / "credentials";
            folder.write("credentials/mqtt_password", canary);
            break;
    }
    bool const bridge = program == "mfm2mqtt";
    arguments = arguments + (bridge ? serial_port(folder / "board") + quick()
                                    : Arguments{"--database", folder / "store.db"});

    Program running(folder, program, arguments, variables);
    SerialLine line(folder / "board");
    CHECK(eventually([&] {
        if (bridge && line.opened(0ms)) line.write(mains_line(1, 50'000));
        return running.ready();
    }));
    CHECK(eventually([&] { return broker.let_in(program, "tester"); }));
    std::string shown = running.process().command_line() + running.get("/metrics").body +
                        running.get("/readyz").body + running.get("/healthz").body;
    CHECK(running.stop() == 0);
    probe.catch_up();
    for (auto const& message : probe.messages()) shown += message.topic + ' ' + message.payload + '\n';
    shown += running.log() + running.process().output();

    FreePort const http;
    Arguments const print = arguments + Arguments{"--http-listen", http.address(), "--print-config"};
    auto const printed = run(folder, {program_path(program), print, variables});
    CHECK(printed.exit_code == 0);
    CHECK(holds(printed.output, "tester"));
    shown += printed.output + printed.errors;

    CHECK_FALSE(holds(shown, canary));
    // Nor in a form that JSON, TOML or a log line gives it.
    CHECK_FALSE(holds(shown, "c4n4ry"));
}

}  // namespace

TEST_CASE("a wrong file of settings ends the start with 2 and names file and line and key") {
    struct Wrong {
        char const* text;
        int line;
        char const* key;
    };
    auto const program = GENERATE("mfm2mqtt", "mqtt-sink");
    auto const wrong =
        GENERATE(Wrong{"[mqtt]\nhost = \"127.0.0.1\"\nhots = \"b\"\n", 3, "hots"},
                 Wrong{"# a comment\n\n[mqtt]\nport = 70000\n", 4, "port"},
                 Wrong{"[mqtt]\nport = \"a lot\"\n", 2, "port"},
                 Wrong{"[mqtt]\ntls = true\nca_file = \"/nowhere/ca.pem\"\n", 3, "ca_file"},
                 Wrong{"[mqtt]\n\n\npassword_file = \"/nowhere/password\"\n", 4, "password_file"},
                 Wrong{"[mqtt]\npassword_file = \"/\"\n", 2, "password_file"},
                 Wrong{"[mtqq]\nport = 1\n", 1, "mtqq"}, Wrong{"[log]\nlevel = \"loud\"\n", 2, "level"});
    INFO(program << " with " << wrong.text);
    TempFolder const folder;
    FreePort const http;
    auto plan = plan_of(program, folder, http);
    auto const file = folder.write("settings.toml", wrong.text);
    bool const by_variable = GENERATE(false, true);
    if (by_variable) plan.environment["CONFIG"] = file;
    if (!by_variable) plan.arguments = plan.arguments + Arguments{"--config", file};
    // The port that the plan gives by flag would win over the file's, and its check with it.
    std::erase_if(plan.arguments, [](auto const& word) { return word == "--mqtt-port" || word == "1"; });
    auto const done = run(folder, plan);
    INFO(done.errors);
    CHECK(done.exit_code == 2);
    CHECK(holds(done.errors, file.string() + ":" + std::to_string(wrong.line)));
    CHECK(holds(done.errors, wrong.key));
    CHECK(done.output.empty());
}

TEST_CASE("a wrong flag or variable ends the start with 2 and is named") {
    struct Wrong {
        Arguments arguments;
        Variables variables;
        char const* named;
    };
    auto const program = GENERATE("mfm2mqtt", "mqtt-sink");
    auto const wrong = GENERATE(
        Wrong{{"--mqtt-porth", "1"}, {}, "--mqtt-porth"}, Wrong{{"--mqtt-port", "70000"}, {}, "--mqtt-port"},
        Wrong{{}, {{"MQTT_PORT", "70000"}}, "MQTT_PORT"},
        Wrong{{"--mqtt-ca-file", "/nowhere/ca.pem"}, {}, "--mqtt-ca-file"},
        Wrong{{}, {{"MQTT_PASSWORD_FILE", "/nowhere/password"}}, "MQTT_PASSWORD_FILE"},
        Wrong{{"--config", "/nowhere/settings.toml"}, {}, "/nowhere/settings.toml"});
    INFO(program << " without " << wrong.named);
    TempFolder const folder;
    FreePort const http;
    auto plan = plan_of(program, folder, http);
    std::erase_if(plan.arguments, [](auto const& word) { return word == "--mqtt-port" || word == "1"; });
    plan.arguments = plan.arguments + wrong.arguments;
    plan.environment = wrong.variables;
    auto const done = run(folder, plan);
    INFO(done.errors);
    CHECK(done.exit_code == 2);
    CHECK(holds(done.errors, wrong.named));
    CHECK(done.output.empty());
}

TEST_CASE("no flag takes a secret") {
    auto const program = GENERATE("mfm2mqtt", "mqtt-sink");
    TempFolder const folder;
    FreePort const http;
    auto plan = plan_of(program, folder, http);
    plan.arguments = plan.arguments + Arguments{"--mqtt-password", canary};
    auto const done = run(folder, plan);
    CHECK(done.exit_code == 2);
    CHECK_FALSE(holds(done.errors, canary));
}

TEST_CASE("a password reaches the broker and is shown nowhere by a bridge") {
    check_that_the_password_stays_hidden("mfm2mqtt");
}

TEST_CASE("a password reaches the broker and is shown nowhere by the sink") {
    check_that_the_password_stays_hidden("mqtt-sink");
}

TEST_CASE("a password that the broker refuses is shown nowhere either") {
    TempFolder const folder;
    Broker::Plan broker_plan;
    broker_plan.user = "tester";
    broker_plan.password = "another";
    Broker const broker(folder, broker_plan);
    Program bridge(folder, "mfm2mqtt",
                   broker_at(broker.port()) + serial_port(folder / "board") +
                       Arguments{"--mqtt-username", "tester", "--log-level", "debug"},
                   {{"MQTT_PASSWORD", canary}});
    CHECK(eventually([&] { return holds(broker.log(), "not authorised") || holds(broker.log(), "tester"); }));
    CHECK(
        eventually([&] { return holds(bridge.log(), "level=warn") || holds(bridge.log(), "level=error"); }));
    CHECK(bridge.running());
    CHECK_FALSE(bridge.ready());
    CHECK_FALSE(holds(bridge.log() + bridge.get("/readyz").body + bridge.get("/metrics").body, "c4n4ry"));
    CHECK(bridge.stop() == 0);
}

TEST_CASE("settings can be checked and shown without a start") {
    auto const program = GENERATE("mfm2mqtt", "mqtt-sink");
    TempFolder const folder;
    FreePort const http;
    auto plan = plan_of(program, folder, http);
    auto const run_with = [&](char const* flag) {
        auto asked = plan;
        asked.arguments.emplace_back(flag);
        return run(folder, asked);
    };
    CHECK(run_with("--check-config").exit_code == 0);
    CHECK(run_with("--version").exit_code == 0);
    CHECK(holds(run_with("--help").output, "--mqtt-host"));
    auto const printed = run_with("--print-config");
    CHECK(printed.exit_code == 0);
    CHECK(holds(printed.output, "[mqtt]"));
    // What it prints, it reads.
    plan.arguments = {"--config", folder.write("printed.toml", printed.output), "--print-config"};
    CHECK(run(folder, plan).output == printed.output);
}
