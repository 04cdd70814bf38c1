// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace sink {

namespace {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

constexpr std::string_view default_output = "influx";
constexpr std::string_view sqlite_url = "sqlite:///";
constexpr std::array<std::string_view, 4> bases = {"mfm", "luxtronik", "mastertronic", "isems"};

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find(separator, start), text.size());
        parts.emplace_back(bridge::trimmed(text.substr(start, end - start)));
        start = end + 1;
    }
    return parts;
}

Result<> check_database(std::string_view text) {
    bool const other_url = text.find("://") != std::string_view::npos && !text.starts_with(sqlite_url);
    if (!text.empty() && text != sqlite_url && !other_url) return {};
    return Error{Errc::config, "must be a file, or sqlite:////absolute/path"};
}

Result<> check_filters(std::string_view text) {
    for (auto const& filter : split(text, ',')) {
        if (is_topic_filter(filter)) continue;
        return Error{Errc::config,
                     "must be topic filters with commas between them; not one is " + bridge::quote(filter)};
    }
    return {};
}

/// `name=url,name=url`, or one without a name.
Result<std::vector<OutputTarget>> read_outputs(std::string_view text) {
    std::vector<OutputTarget> outputs;
    if (text.empty()) return outputs;
    for (auto const& item : split(text, ',')) {
        auto const equals = item.find('=');
        bool const named = equals != std::string::npos && bridge::is_topic_level(item.substr(0, equals));
        OutputTarget output{named ? item.substr(0, equals) : std::string(default_output), {}, {}};
        auto const url = bridge::parse_http_url(named ? std::string_view(item).substr(equals + 1) : item);
        if (!url || !line_api_of(url->path)) {
            return Error{Errc::config,
                         "must be write addresses like http://HOST:8086/write?db=NAME,"
                         " http://HOST:8086/api/v2/write?org=NAME&bucket=NAME or"
                         " http://HOST:8181/api/v3/write_lp?db=NAME, several as NAME=URL,NAME=URL"};
        }
        for (auto const* parameter : {"precision=", "u=", "p="}) {
            auto const query = url->path.substr(std::min(url->path.find('?'), url->path.size()));
            if (query.find(std::string("?") + parameter) == std::string::npos &&
                query.find(std::string("&") + parameter) == std::string::npos)
                continue;
            return Error{Errc::config, fmt::format("must not have {}: the sink sets the precision itself, and"
                                                   " user and password have settings of their own",
                                                   parameter)};
        }
        output.url = *url;
        auto const same = [&](OutputTarget const& other) { return other.name == output.name; };
        if (std::ranges::any_of(outputs, same))
            return Error{Errc::config, "must have a name of its own for each: NAME=URL,NAME=URL"};
        outputs.push_back(std::move(output));
    }
    return outputs;
}

Result<> check_outputs(std::string_view text) {
    auto const outputs = read_outputs(text);
    if (!outputs) return outputs.error();
    return {};
}

Result<> check_keep(std::string_view text) {
    auto const keep = Keep::parse(text);
    if (!keep) return keep.error();
    return {};
}

}  // namespace

bool is_topic_filter(std::string_view text) {
    if (text.empty() || text.size() > 65535 || !bridge::is_utf8(text)) return false;
    auto const levels = split(text, '/');
    for (std::size_t i = 0; i < levels.size(); ++i) {
        bool const wild = levels[i].find_first_of("+#") != std::string::npos;
        if (wild && levels[i].size() > 1) return false;
        if (levels[i] == "#" && i + 1 < levels.size()) return false;
    }
    return true;
}

Settings::Settings() {
    for (auto const base : bases) {
        subscribe +=
            fmt::format("{}{}/+,{}/+/+,{}/+/history/+", subscribe.empty() ? "" : ",", base, base, base);
    }
}

void Settings::bind(bridge::Options& options, Settings& settings) {
    options
        .add("sink", "database", settings.database,
             "SQLite file, made if need be; or sqlite:////absolute/path")
        .alias("DATABASE_URL")
        .check(check_database);
    options
        .add("sink", "subscribe", settings.subscribe,
             "topic filters of what to store, with commas between them")
        .check(check_filters);
    options
        .add("sink", "share_group", settings.share_group,
             "divide the messages of one broker with the sinks of this group: each goes to one of them")
        .check([](std::string_view text) -> Result<> {
            if (text.empty() || bridge::is_topic_level(text)) return {};
            return Error{Errc::config, "must be a name of letters, digits, _ and -"};
        });
    options.add("sink", "inbox_dir", settings.inbox_dir,
                "folder for what is received and not yet in the database; empty: beside the database");
    options
        .add("sink", "inbox_max_bytes", settings.inbox_max_bytes,
             "when so much waits there, the broker has to wait as well")
        .range(4 << 20, 1e15);
    options
        .add("sink", "commit_interval", settings.commit_interval,
             "the database's file is written at most so often, unless much comes in; until then other "
             "programs do not "
             "see the newest")
        .range(0, 3600);
    options.add_choice<Durability>(
        "sink", "durability", settings.durability,
        "what a reading survives from its acknowledgement on: the death of the process, or a power cut too",
        {{"process", Durability::process}, {"power", Durability::power}});
    options
        .add(
            "sink", "keep", settings.keep,
            "how long readings are kept: mfm=90d,isems=2y, or 90d for all; their hours and days stay; empty: "
            "for ever")
        .check(check_keep);
    options
        .add("sink", "keep_minutes", settings.keep_minutes,
             "how long the minutes of deleted readings are kept, in the same way; empty: for ever")
        .check(check_keep);
    options
        .add("sink", "api_token_file", settings.api_token_file,
             "file with the token that / and /api/v1 ask for (Authorization: Bearer ..., or a browser's "
             "login)")
        .readable_file();
    options.add("sink", "insecure_api", settings.insecure_api,
                "answer / and /api/v1 without a token even to other machines");
    options
        .add("sink", "hide_inactive_after_days", settings.hide_inactive_after_days,
             "/measurements/latest leaves out nodes that were silent for so many days; what is no number "
             "means 30")
        .alias("HIDE_INACTIVE_AFTER_DAYS");
    options
        .add("sink", "metrics_max_age", settings.metrics_max_age,
             "/metrics shows the devices' numbers that are not older; 0: none")
        .range(0, 1e7);
    options
        .add("influx", "url", settings.influx_url,
             "write address of a database that takes line protocol; several: name=url,name=url")
        .check(check_outputs);
    options.add("influx", "username", settings.influx_username, "user there");
    options.add("influx", "password", settings.influx_password, "the user's password").secret();
    options.add("influx", "token", settings.influx_token, "token there, of versions 2 and 3").secret();
    options.retired("SENTRY_DSN", "errors are in the log, and counted in /metrics");
    options.require([&settings]() -> Result<> {
        auto const rules = settings.retention();
        if (rules.rows.is_all() && !rules.minutes.is_all()) {
            return Error{Errc::config,
                         "[sink] keep_minutes needs [sink] keep: minutes are deleted of readings that are"
                         " deleted"};
        }
        auto const base = rules.minutes.shorter_than(rules.rows);
        if (!base) return {};
        return Error{
            Errc::config,
            fmt::format("[sink] keep_minutes = {}: the minutes of {} must be kept at least as long as"
                        " its readings are by [sink] keep = {}",
                        bridge::quote(settings.keep_minutes),
                        base->empty() ? "a base that is not named" : *base, bridge::quote(settings.keep))};
    });
    options.require([&settings]() -> Result<> {
        auto const token = settings.api_token();
        if (!token) return token.error();
        return {};
    });
}

std::string Settings::database_path() const {
    return database.starts_with(sqlite_url) ? database.substr(sqlite_url.size()) : database;
}

std::string Settings::inbox_directory() const {
    return inbox_dir.empty() ? database_path() + ".inbox" : inbox_dir;
}

std::vector<std::string> Settings::filters() const { return split(subscribe, ','); }

std::vector<std::string> Settings::subscriptions() const {
    auto all = filters();
    if (share_group.empty()) return all;
    for (auto& filter : all) filter.insert(0, "$share/" + share_group + "/");
    return all;
}

Result<> Settings::check_share_group(std::string const& client_id) const {
    if (share_group.empty()) return {};
    if (client_id.empty()) {
        return Error{Errc::config,
                     "[sink] share_group needs [mqtt] client_id, another one for each sink of the"
                     " group: the broker keeps by it what a sink has still to get"};
    }
    if (influx_url.empty()) {
        return Error{Errc::config,
                     "[sink] share_group needs [influx] url, the same for all sinks of the group:"
                     " each one's own database holds only a part"};
    }
    return {};
}

std::vector<OutputTarget> Settings::outputs() const {
    auto outputs = read_outputs(influx_url);
    if (!outputs) return {};
    for (auto& output : *outputs) {
        bool const has_user = !influx_username.empty();
        auto const api = line_api_of(output.url.path);
        if (has_user && (api == LineApi::v1 || influx_token.empty())) {
            output.authorization = bridge::basic_authorization(influx_username, influx_password);
        } else if (!influx_token.empty()) {
            output.authorization = (api == LineApi::v3 ? "Bearer " : "Token ") + influx_token;
        }
    }
    return std::move(*outputs);
}

Retention::Rules Settings::retention() const {
    Retention::Rules rules;
    if (auto rows = Keep::parse(keep)) rules.rows = std::move(*rows);
    if (auto minutes = Keep::parse(keep_minutes)) rules.minutes = std::move(*minutes);
    for (auto const& output : outputs()) rules.outputs.push_back(output.name);
    return rules;
}

Result<std::string> Settings::api_token() const {
    if (api_token_file.empty()) return std::string();
    std::ifstream file(api_token_file, std::ios::binary);
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string token(bridge::trimmed(text));
    if (token.empty()) {
        return Error{Errc::config, "[sink] api_token_file = " + bridge::quote(api_token_file) +
                                       ": must be a file with a token in it"};
    }
    return token;
}

}  // namespace sink
