// SPDX-License-Identifier: MIT
#include "backup.hpp"

#include "progress.hpp"
#include "settings.hpp"

#include <bridge/program.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

namespace sink {

namespace {

/// 4 MiB a step: long enough to be quick, short enough to show.
constexpr int pages_a_step = 4096;

constexpr char const* usage = "mqtt-sink backup FILE [--database ...]: FILE is what the copy will be called";

StoreResult<> copy_to_new(std::string const& from, std::string const& to,
                          std::function<void(double)> const& progress) {
    auto source = Connection::open(from, Connection::Access::read_only);
    if (!source) return source.error();
    // One snapshot for all steps: what is written meanwhile does not make the copy begin anew.
    auto begun = source->execute("BEGIN");
    if (!begun) return begun;
    auto const seen = source->number("SELECT count(*) FROM sqlite_schema");
    if (!seen) return seen.error();
    auto target = Connection::open(to, Connection::Access::read_write);
    if (!target) return target.error();
    auto copy = DatabaseCopy::begin(*source, *target);
    if (!copy) return copy.error();
    for (bool done = false; !done;) {
        auto const stepped = copy->step(pages_a_step);
        if (!stepped) return stepped.error();
        done = *stepped;
        progress(copy->done());
    }
    // One file, without another beside it.
    return target->execute("PRAGMA journal_mode = DELETE");
}

StoreError failed(std::string const& what, std::error_code reason) {
    return {Fault::io, fmt::format("{}: {}", what, reason.message())};
}

}  // namespace

StoreResult<> copy_database(std::string const& from, std::string const& to,
                            std::function<void(double)> const& progress) {
    std::string const unfinished = to + ".part";
    std::error_code failure;
    // What a copy left that was broken off.
    for (auto const* of : {"", "-journal"}) std::filesystem::remove(unfinished + of, failure);
    auto copied = copy_to_new(from, unfinished, progress);
    if (!copied) {
        for (auto const* of : {"", "-journal"}) std::filesystem::remove(unfinished + of, failure);
        return copied;
    }
    if (std::filesystem::exists(to, failure)) {
        std::filesystem::remove(unfinished, failure);
        return StoreError{Fault::io, to + " is there already"};
    }
    std::filesystem::rename(unfinished, to, failure);
    if (failure) return failed("cannot rename " + unfinished, failure);
    return {};
}

int backup(int argc, char** argv) {
    bool const named = argc > 1 && !std::string_view(argv[1]).starts_with('-');
    bridge::Options options("mqtt-sink backup FILE", "sink",
                            "Copies the database to FILE, which must not be there yet, while the sink runs.");
    Settings settings;
    bridge::ProgramSettings program;
    Settings::bind(options, settings);
    bridge::ProgramSettings::bind(options, program, "off");
    // Its flags come behind the file.
    auto const start =
        bridge::start_program(options, program, named ? argc - 1 : argc, named ? argv + 1 : argv);
    if (start.exit_code) return *start.exit_code;
    if (!named) {
        fmt::print(stderr, "{}\n", usage);
        return 2;
    }
    std::string const to = argv[1];
    std::error_code unknown;
    if (std::filesystem::exists(to, unknown)) {
        fmt::print(stderr, "{} is there already: name a file that is not\n", to);
        return 2;
    }
    Progress progress;
    auto const copied = copy_database(settings.database_path(), to,
                                      [&progress, &to](double done) { progress.show(done, to); });
    if (copied) return 0;
    progress.say(fmt::format("{} is not copied: {}", settings.database_path(), copied.error().detail));
    return 1;
}

}  // namespace sink
