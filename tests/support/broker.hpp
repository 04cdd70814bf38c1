// SPDX-License-Identifier: MIT
#pragma once

#include "certificates.hpp"
#include "free_port.hpp"
#include "payload_check.hpp"
#include "process.hpp"
#include "temp_folder.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace test {

/// A real mosquitto on free ports of the loopback, with its database in the test's folder, so that what it
/// acknowledged outlives a stop. Anonymous clients are let in; a user name must come with its password.
class Broker {
  public:
    struct Tls {
        std::filesystem::path ca_file;
        Certificate server;
        bool client_certificate_required = false;  ///< its common name is then the user
    };
    struct Plan {
        std::string user = {}, password = {};
        std::optional<Tls> tls = {};
        std::string access_rules = {};  ///< mosquitto's acl_file; empty: everybody may do everything
        bool start_now = true;
        /// Holds what comes on the bridges' topics against docs/schemas, where everybody may listen; false
        /// where a test itself publishes there what no bridge would, or more than is worth looking at.
        bool checked = true;
    };

    explicit Broker(TempFolder const& folder) : Broker(folder, Plan{}) {}
    Broker(TempFolder const& folder, Plan const& plan);

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    [[nodiscard]] std::uint16_t tls_port() const { return tls_port_.number(); }

    /// Returns when it listens.
    void start();
    /// By SIGTERM: it saves its state. Returns when it is gone.
    void stop();
    void restart() {
        stop();
        start();
    }
    /// From now on these hold.
    void set_access_rules(std::string const& rules) const;
    /// By SIGKILL: what it had only in memory is lost.
    void kill();

    /// What it said since its last start.
    [[nodiscard]] std::string log() const { return process_->errors(); }
    /// True when it let this client in since its last start, as this user if one is given.
    [[nodiscard]] bool let_in(std::string const& client_id, std::string const& user = {}) const;

  private:
    TempFolder const& folder_;
    FreePort port_, tls_port_;
    bool with_tls_;
    std::filesystem::path configuration_, access_rules_;
    bool checked_;
    std::optional<Process> process_;
    std::optional<PayloadCheck> check_;
};

}  // namespace test
