// SPDX-License-Identifier: MIT
#include "mqtt-sink/settings.hpp"

#include "catch.hpp"

#include <map>

namespace {

struct Read {
    sink::Settings settings;
    std::string error;
};

Read read(std::vector<std::string> const& arguments,
          std::map<std::string, std::string> const& variables = {}) {
    Read result;
    bridge::Options options("mqtt-sink", "sink", "a test");
    sink::Settings::bind(options, result.settings);
    auto const mode = options.parse(arguments, [&](std::string const& name) -> std::optional<std::string> {
        auto const found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    if (!mode) result.error = mode.error().detail;
    return result;
}

}  // namespace

TEST_CASE("by default all our bases are stored in the current folder") {
    auto const settings = read({}).settings;
    CHECK(settings.database_path() == "mqtt-sink.db");
    CHECK(settings.inbox_directory() == "mqtt-sink.db.inbox");
    CHECK(settings.filters().size() == 12);
    CHECK(settings.filters().front() == "mfm/+");
    CHECK(settings.filters().back() == "isems/+/history/+");
}

TEST_CASE("the database is a file or an SQLite URL") {
    CHECK(read({"--database", "/var/a.db"}).settings.database_path() == "/var/a.db");
    CHECK(read({}, {{"DATABASE_URL", "sqlite:////var/a.db"}}).settings.database_path() == "/var/a.db");
    CHECK(read({}, {{"DATABASE_URL", "sqlite:///a.db"}}).settings.database_path() == "a.db");
    CHECK(
        read({}, {{"DATABASE_URL", "sqlite:///a.db"}, {"SINK_DATABASE", "b.db"}}).settings.database_path() ==
        "b.db");
    CHECK_FALSE(read({}, {{"DATABASE_URL", "postgresql://host/a"}}).error.empty());
    CHECK_FALSE(read({"--database", "sqlite:///"}).error.empty());
}

TEST_CASE("filters are checked when they are read") {
    auto const several = read({"--subscribe", "mfm/#, zigbee/+/state"});
    CHECK(several.settings.filters() == std::vector<std::string>{"mfm/#", "zigbee/+/state"});
    for (auto const* bad : {"mfm/#/a", "mfm/a#", "mfm/+a", "a,,b"}) {
        INFO(bad);
        CHECK(read({"--subscribe", bad}).error.find("--subscribe") != std::string::npos);
    }
    CHECK(sink::is_topic_filter("#"));
    CHECK(sink::is_topic_filter("+/+/state"));
}

TEST_CASE("an API token comes from a file that has one") {
    CHECK_FALSE(read({"--api-token-file", "/nonexistent"}).error.empty());
    CHECK_FALSE(read({"--api-token-file", "/dev/null"}).error.empty());
}
