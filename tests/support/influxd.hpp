// SPDX-License-Identifier: MIT
#pragma once

#include "certificates.hpp"
#include "free_port.hpp"
#include "process.hpp"
#include "temp_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace test {

/// A real influxd 1.6 on free ports of the loopback, all of it in the test's folder.
class Influxd {
  public:
    struct Plan {
        std::string user = {}, password = {};  ///< an administrator's; empty: everybody may do everything
        std::optional<Certificate> tls = {};
        bool start_now = true;
    };

    explicit Influxd(TempFolder const& folder) : Influxd(folder, Plan{}) {}
    Influxd(TempFolder const& folder, Plan plan);

    [[nodiscard]] std::uint16_t port() const { return http_.number(); }
    /// `http://127.0.0.1:port/write?db=readings`
    [[nodiscard]] std::string write_url() const;

    /// Returns when it answers.
    void start();
    void kill() { process_->kill(); }
    /// It answers nothing any more, and takes connections nevertheless.
    void pause() { process_->signal(SIGSTOP); }
    void go_on() { process_->signal(SIGCONT); }

    /// The JSON answer to an InfluxQL question, times in milliseconds. Not with TLS.
    [[nodiscard]] std::string ask(std::string const& question) const;
    /// Line protocol, times in milliseconds; the status.
    int write(std::string const& lines) const;

  private:
    [[nodiscard]] std::string credentials() const;

    TempFolder const& folder_;
    Plan plan_;
    FreePort http_, inner_;
    std::filesystem::path configuration_;
    std::optional<Process> process_;
};

}  // namespace test
