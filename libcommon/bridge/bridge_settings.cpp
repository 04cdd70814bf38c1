// SPDX-License-Identifier: MIT
#include <bridge/bridge_settings.hpp>

namespace bridge {

namespace {

/// Where small things are kept over restarts; empty if the environment names no place.
std::string default_state_dir(std::string const& program) {
    auto const environment = process_environment();
    if (auto const given = environment("XDG_STATE_HOME"); given && !given->empty())
        return *given + "/" + program;
    if (auto const home = environment("HOME"); home && !home->empty())
        return *home + "/.local/state/" + program;
    return {};
}

}  // namespace

void BridgeSettings::bind(Options& options, BridgeSettings& settings, BridgeFacts const& facts) {
    settings.topic = facts.base;
    auto& topic = options.add(facts.base, "topic", settings.topic, "first part of all topics");
    // The older program of this device called it so; the other bridges' users have it set for something else.
    if (facts.base == "mfm") topic.alias("MQTT_TOPIC");
    topic.check(check_topic);
    ProgramSettings::bind(options, settings.program, facts.listen);
    HouseSettings::bind(options, settings.house);
    settings.state_dir = default_state_dir(facts.program);
    options.add("spool", "dir", settings.state_dir, "folder for what must outlive a restart")
        .alias("STATE_DIRECTORY");
    options
        .add("spool", "max_bytes", settings.spool_max_bytes,
             "how much of the disk readings may take that wait for the broker; the oldest go first")
        .range(1 << 20, 1e12);
    options
        .add("spool", "max_age", settings.spool_max_age, "readings that have waited for longer are dropped")
        .range(60, 1e8);
    options.add_switch("once", settings.once, "one reading of each device, then end");
    options.add_switch("dry-run", settings.dry_run,
                       "print `topic payload` lines instead of connecting to a broker");
    options.add_run_value("once-timeout", settings.once_timeout,
                          "how long --once and --check wait for a reading");
    options.add_run_value("record", settings.record, "append what the devices send to this file");
    options.add_switch("redact", settings.redact,
                       "record without serial numbers, addresses, positions, names and secrets");
    options.add_run_value(
        "replay", settings.replay,
        "publish, or print, what this recording holds instead of reading devices; then end");
    options.require([&settings]() -> Result<> {
        if (settings.redact && settings.record.empty())
            return Error{Errc::config, "--redact goes with --record"};
        if (settings.replay.empty() || (settings.record.empty() && !settings.once)) return {};
        return Error{Errc::config, "--replay goes without --record and --once"};
    });
}

}  // namespace bridge
