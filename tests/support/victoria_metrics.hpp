// SPDX-License-Identifier: MIT
#pragma once

#include "free_port.hpp"
#include "process.hpp"
#include "temp_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace test {

/// A real VictoriaMetrics on a free port of the loopback, its data in the test's folder. Lines that are
/// written twice it shows once.
class VictoriaMetrics {
  public:
    explicit VictoriaMetrics(TempFolder const& folder);

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    /// `http://127.0.0.1:port/api/v2/write?org=o&bucket=b`
    [[nodiscard]] std::string write_url() const;

    /// Returns when it answers.
    void start();
    /// What it took in the last seconds is lost.
    void kill() { process_->kill(); }
    /// It answers nothing any more, and takes connections nevertheless.
    void pause() { process_->signal(SIGSTOP); }
    void go_on() { process_->signal(SIGCONT); }

    /// All values, one series of JSON a line:
    /// {"metric":{"__name__":"mfm_seq","device":"mains"},"values":[..],"timestamps":[..]}
    [[nodiscard]] std::string everything() const;

  private:
    TempFolder const& folder_;
    FreePort port_;
    std::optional<Process> process_;
};

}  // namespace test
