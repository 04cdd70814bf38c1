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

TEST_CASE("outputs are write addresses with or without names") {
    CHECK(read({}).settings.outputs().empty());
    auto const one = read({"--influx-url", "http://db.lan:8086/write?db=readings"}).settings.outputs();
    REQUIRE(one.size() == 1);
    CHECK(one[0].name == "influx");
    CHECK(one[0].url.server.host == "db.lan");
    CHECK(one[0].url.server.port == 8086);
    CHECK(one[0].url.path == "/write?db=readings");
    CHECK(one[0].authorization.empty());
    auto const several = read({}, {{"INFLUX_URL",
                                    "a=http://x/write?db=r, b=https://y/proxy/api/v2/write?org=o&bucket=b,"
                                    "http://z:8181/api/v3/write_lp?db=r"}})
                             .settings.outputs();
    REQUIRE(several.size() == 3);
    CHECK(several[0].name == "a");
    CHECK(several[1].name == "b");
    CHECK(several[1].url.tls);
    CHECK(several[1].url.server.port == 443);
    CHECK(several[2].name == "influx");
}

TEST_CASE("wrong outputs are refused with the setting's name") {
    for (auto const* bad :
         {"db.lan", "http://db.lan", "http://db.lan/query", "ftp://db.lan/write",
          "http://me:secret@db.lan/write", "a=http://x/write,a=http://y/write",
          "http://x/write,http://y/write", "http://x/write?precision=s", "http://x/write?db=r&u=me&p=secret",
          "http://x:70000/write", "a=", "http://x/write?db=a b"}) {
        INFO(bad);
        auto const error = read({"--influx-url", bad}).error;
        CHECK(error.find("--influx-url") != std::string::npos);
    }
}

TEST_CASE("each output gets the credentials of its kind") {
    auto const url = "a=http://x/write,b=http://y/api/v2/write,c=http://z/api/v3/write_lp";
    auto const authorizations = [&](std::map<std::string, std::string> variables) {
        variables["INFLUX_URL"] = url;
        std::string joined;
        for (auto const& output : read({}, variables).settings.outputs())
            joined += output.authorization + "|";
        return joined;
    };
    std::string const basic = "Basic bWU6c2VjcmV0";  // me:secret
    CHECK(authorizations({{"INFLUX_TOKEN", "t"}}) == "Token t|Token t|Bearer t|");
    CHECK(authorizations({{"INFLUX_USERNAME", "me"}, {"INFLUX_PASSWORD", "secret"}}) ==
          basic + "|" + basic + "|" + basic + "|");
    CHECK(authorizations({{"INFLUX_USERNAME", "me"}, {"INFLUX_PASSWORD", "secret"}, {"INFLUX_TOKEN", "t"}}) ==
          basic + "|Token t|Bearer t|");
}

TEST_CASE("what is kept for how long is read by base and minutes no shorter than readings") {
    auto const read_rules = read({"--keep", "mfm=90d", "--keep-minutes", "mfm=1y", "--influx-url",
                                  "here=http://a/write?db=x,there=http://b/write?db=x"});
    CHECK(read_rules.error.empty());
    auto const rules = read_rules.settings.retention();
    CHECK(rules.rows.limit("mfm") == std::chrono::days(90));
    CHECK(rules.minutes.limit("mfm") == std::chrono::days(365));
    CHECK(rules.outputs == std::vector<std::string>{"here", "there"});
    CHECK(read({}).settings.retention().rows.is_all());
    CHECK(read({"--keep", "90 days"}).error.find("90d") != std::string::npos);
    CHECK(read({"--keep", "90d", "--keep-minutes", "mfm=30d"}).error.find("minutes of mfm") !=
          std::string::npos);
    CHECK(read({"--keep", "2y", "--keep-minutes", "1y"}).error.find("not named") != std::string::npos);
    CHECK(read({"--keep-minutes", "1y"}).error.find("needs [sink] keep") != std::string::npos);
}
