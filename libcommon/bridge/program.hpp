// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/http_server.hpp>
#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/settings.hpp>

#include <functional>
#include <optional>
#include <string>

namespace bridge {

/// The settings that every program has.
struct ProgramSettings {
    MqttSettings mqtt;
    std::string http_listen;  ///< `host:port`, or `off`
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;

    /// `listen`: the program's default address.
    static void bind(Options& options, ProgramSettings& settings, std::string listen);
    [[nodiscard]] Log log() const { return Log(log_level, log_format); }
    /// Nothing where HTTP is off.
    [[nodiscard]] std::optional<ListenAddress> listen_address() const {
        return parse_listen_address(http_listen);
    }
    /// The client id: the program's name, or `<client_id>-<program>`.
    [[nodiscard]] std::string client_id(std::string const& program) const;
};

/// Reads the settings and does all that needs no running program (`--help`, `--check-config`, `--healthcheck`
/// ...).
struct Start {
    std::optional<int> exit_code;  ///< the program is done
    Options::Mode mode = Options::Mode::run;
};
[[nodiscard]] Start start_program(Options& options, ProgramSettings const& settings, int argc, char** argv);

/// Whether the program does its work now, and a JSON object that says what does not.
struct Readiness {
    bool ready = false;
    std::string json;
};

/// Routes `/healthz` (an answer is proof that the loop makes progress; `progress` may say no for more),
/// `/readyz` (200 or 503) and `/metrics` (`Metrics::text`). What is passed must outlive the server.
void serve_health(
    HttpServer& server, std::function<std::string()> metrics, std::function<Readiness()> readiness,
    std::function<bool()> progress = [] { return true; });

}  // namespace bridge
