// SPDX-License-Identifier: MIT
#pragma once

#include "durability.hpp"
#include "line_server.hpp"
#include "retention.hpp"

#include <bridge/settings.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sink {

/// The sink's own settings, `[sink]` and `[influx]`.
struct Settings {
    std::string database = "mqtt-sink.db";
    std::string subscribe;    ///< filters with commas between them; what is always there by default
    std::string share_group;  ///< empty: none
    std::string inbox_dir;    ///< empty: beside the database
    std::uint64_t inbox_max_bytes = 1ULL << 30U;
    std::chrono::milliseconds commit_interval{30'000};
    Durability durability = Durability::process;
    std::string keep;  ///< as `Keep` reads it, as is the next
    std::string keep_minutes;
    std::string api_token_file;
    bool insecure_api = false;
    std::string hide_inactive_after_days = "30";  ///< as `measurements::hide_after` reads it
    std::chrono::milliseconds metrics_max_age = std::chrono::hours(1);
    std::string influx_url;  ///< `name=url,name=url`, or one without a name
    std::string influx_username;
    std::string influx_password;
    std::string influx_token;

    Settings();
    static void bind(bridge::Options& options, Settings& settings);
    /// What the sink cannot be run with, told by its other settings too.
    [[nodiscard]] bridge::Result<> check_share_group(std::string const& client_id) const;

    /// Of `database`, which may also be `sqlite:////absolute/path`.
    [[nodiscard]] std::string database_path() const;
    [[nodiscard]] std::string inbox_directory() const;
    /// Without the share group, for who only looks: what it takes, no other member of the group gets.
    [[nodiscard]] std::vector<std::string> filters() const;
    [[nodiscard]] std::vector<std::string> subscriptions() const;
    [[nodiscard]] std::vector<OutputTarget> outputs() const;
    [[nodiscard]] Retention::Rules retention() const;
    /// What a request has to show; empty if no file is set. `config`: it cannot be read or is empty.
    [[nodiscard]] bridge::Result<std::string> api_token() const;
};

/// True for what MQTT lets one subscribe to: `#` at the end only, `+` and `#` alone in their levels.
[[nodiscard]] bool is_topic_filter(std::string_view text);

}  // namespace sink
