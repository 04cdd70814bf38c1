// SPDX-License-Identifier: MIT
#include "introspect.hpp"

#include "download.hpp"
#include "settings.hpp"

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace mastertronic {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;

constexpr std::string_view command_help =
    "mastertronic2mqtt introspect FILE        what a dump in a file holds\n"
    "mastertronic2mqtt introspect --host ...  what the dump of a device holds; its settings as for a run\n";

bridge::Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string shown(bridge::Timestamp time) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

std::string role(Roles const& roles, std::size_t column) {
    if (column == roles.time) return "time";
    if (column == roles.parameter) return "parameter";
    if (column == roles.value) return "value";
    if (column == roles.baselined) return "value after the baseline";
    if (column == roles.factor) return "factor";
    if (column == roles.hidden) return "hidden";
    return "-";
}

std::string describe_table(FoundTable const& table) {
    std::string text = fmt::format("  {}", bridge::quote(table.name, 60));
    if (!table.roles) {
        text += ":";
        for (auto const& column : table.columns) text += " " + bridge::quote(column, 60);
        return text + "\n";
    }
    text += fmt::format(" holds results, {} rows:\n", table.rows);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        text += fmt::format("    {:<24} {}\n", bridge::quote(table.columns[i], 60), role(*table.roles, i));
    }
    return text;
}

std::string describe_results(Dump const& dump) {
    struct Channel {
        std::size_t count = 0;
        TestResult newest;
    };
    std::map<std::string_view, Channel> channels;
    for (auto const& result : dump.results) {
        auto& channel = channels[result.parameter->channel];
        ++channel.count;
        channel.newest = result;
    }
    std::string text = fmt::format("results: {}\n", dump.results.size());
    for (auto const& [name, channel] : channels) {
        text += fmt::format("  {:<4} {} results, newest {} {} at {}\n", name, channel.count,
                            channel.newest.parameter->field, bridge::format_number(channel.newest.value),
                            shown(channel.newest.time));
    }
    for (std::size_t reason = 0; reason < left_out_kinds; ++reason) {
        if (dump.left_out[reason] == 0) continue;
        text += fmt::format("left out: {} rows, {}\n", dump.left_out[reason],
                            to_string(static_cast<LeftOut>(reason)));
    }
    return text;
}

Result<std::string> read_file(std::string const& name) {
    std::error_code failed;
    auto const size = std::filesystem::file_size(name, failed);
    if (!failed && size > most_dump_bytes) return Error{Errc::out_of_range, name + " is too large"};
    std::ifstream in(name, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (failed || !in) return Error{Errc::io, "cannot read " + bridge::quote(name)};
    return bytes;
}

Result<std::string> read_device(bridge::Target const& target, Settings const& settings) {
    Result<std::string> bytes = Error{Errc::io, "no answer"};
    asio::io_context loop(1);
    asio::co_spawn(loop, download(settings.address_of(target), settings.timeout),
                   [&](std::exception_ptr thrown, Result<std::string> answer) {
                       if (!thrown) bytes = std::move(answer);
                   });
    loop.run();
    return bytes;
}

int show(std::string const& origin, Result<std::string> const& bytes) {
    auto const dump = bytes ? read_dump(bridge::as_bytes(*bytes), now()) : Result<Dump>(bytes.error());
    if (!dump) {
        fmt::print(stderr, "{}: {}\n", origin, dump.error().detail);
        return 1;
    }
    fmt::print("{}: {}", origin, describe(*dump));
    return 0;
}

}  // namespace

std::string describe(Dump const& dump) {
    std::string text = fmt::format("{} bytes, {} tables\n", dump.bytes, dump.tables.size());
    for (auto const& table : dump.tables) text += describe_table(table);
    if (!dump.understood()) return text + "no table has a time, a parameter and a value\n";
    return text + describe_results(dump);
}

int run_introspect(std::vector<std::string> const& arguments) {
    if (arguments.size() == 1 && !arguments[0].starts_with('-')) {
        return show(arguments[0], read_file(arguments[0]));
    }
    Settings settings;
    bridge::Options options("mastertronic2mqtt introspect", "mastertronic",
                            "Shows what the dump of a Mastertronic holds.");
    Settings::bind(options, settings);
    auto const mode = options.parse(arguments, bridge::process_environment());
    if (mode && *mode == bridge::Options::Mode::help) {
        fmt::print("{}{}", command_help, options.help());
        return 0;
    }
    if (!mode || settings.targets.empty()) {
        fmt::print(stderr, "{}\n{}", mode ? "no device is set" : mode.error().detail, command_help);
        return 2;
    }
    int exit_code = 0;
    for (auto const& target : settings.targets) {
        exit_code = std::max(exit_code, show(target.address, read_device(target, settings)));
    }
    return exit_code;
}

}  // namespace mastertronic
