// SPDX-License-Identifier: MIT
#include "backfill.hpp"
#include "backup.hpp"
#include "check.hpp"
#include "settings.hpp"
#include "sink.hpp"

#include <bridge/program.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace {

/// What is set.
struct Setup {
    Setup() {
        sink::Settings::bind(options, settings);
        bridge::ProgramSettings::bind(options, program, "127.0.0.1:9300");
        options.require([this] { return settings.check_share_group(program.mqtt.client_id); });
    }
    Setup(Setup const&) = delete;
    Setup& operator=(Setup const&) = delete;

    bridge::Options options{
        "mqtt-sink", "sink",
        "Stores what devices publish over MQTT, in SQLite and in databases that take line protocol."
        " mqtt-sink backup FILE: a copy of the database while the sink runs."
        " mqtt-sink backfill --help: giving a piece of time to a database once more."};
    sink::Settings settings;
    bridge::ProgramSettings program;
};

bridge::Result<> try_settings(int argc, char** argv) {
    Setup setup;
    auto const mode = setup.options.parse({argv + 1, argv + argc}, bridge::process_environment());
    if (!mode) return mode.error();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && argv[1] == std::string_view("backup")) return sink::backup(argc - 1, argv + 1);
    if (argc > 1 && argv[1] == std::string_view("backfill")) return sink::backfill(argc - 1, argv + 1);
    Setup setup;
    auto const start = bridge::start_program(setup.options, setup.program, argc, argv);
    if (start.exit_code) return *start.exit_code;
    if (start.mode == bridge::Options::Mode::check) return sink::check(setup.settings, setup.program) ? 0 : 1;
    auto const token = setup.settings.api_token();
    if (!token) {
        fmt::print(stderr, "mqtt-sink: {}\n", token.error().detail);
        return 2;
    }
    return sink::run(setup.settings, setup.program, *token,
                     {argv, [argc, argv] { return try_settings(argc, argv); }});
}
