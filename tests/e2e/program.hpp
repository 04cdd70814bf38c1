// SPDX-License-Identifier: MIT
#pragma once

#include "support/broker.hpp"
#include "support/free_port.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// Where the programs under test are.
[[nodiscard]] std::filesystem::path program_path(std::string const& name);

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

[[nodiscard]] Arguments operator+(Arguments left, Arguments const& right);

/// One of our programs with its HTTP listener on a free port, which it keeps over restarts.
class Program {
  public:
    /// Starts at once.
    Program(TempFolder const& folder, std::string name, Arguments arguments, Variables variables = {});

    void start();
    /// SIGTERM; the exit code, nothing if it still runs after 5 s (20 s when built with a sanitizer).
    [[nodiscard]] std::optional<int> stop();
    void kill() { process_->kill(); }
    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] bool running() { return process_->running(); }
    /// What it logged since its last start.
    [[nodiscard]] std::string log() const { return process_->errors(); }

    [[nodiscard]] std::string http_address() const { return http_.address(); }
    [[nodiscard]] HttpAnswer get(std::string const& target) const { return http_get(http_.number(), target); }
    [[nodiscard]] HttpAnswer ask(HttpAsk const& ask) const { return http_ask(http_.number(), ask); }
    [[nodiscard]] bool ready() const { return get("/readyz").status == 200; }
    /// 0 when there is no such series (yet).
    [[nodiscard]] double metric(std::string const& name, Variables const& labels = {}) const;

  private:
    TempFolder const& folder_;
    FreePort http_;
    Process::Plan plan_;
    std::optional<Process> process_;
};

/// The settings that name a broker on the loopback.
[[nodiscard]] Arguments broker_at(std::uint16_t port);
[[nodiscard]] Arguments serial_port(std::filesystem::path const& link);
/// Readings five times a second, so that tests need not wait for them.
[[nodiscard]] Arguments quick();

}  // namespace test
