// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/clock_gate.hpp>
#include <bridge/delivery.hpp>
#include <bridge/event_keeper.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/presence.hpp>
#include <bridge/program.hpp>
#include <bridge/run_bridge.hpp>
#include <bridge/self_report.hpp>
#include <bridge/sequence.hpp>
#include <bridge/supervised_target.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace bridge {

/// What a running bridge can say of itself: to `/readyz`, to its topics, to the service manager, to
/// `--check`. It only looks; what it looks at outlives it.
class BridgeStatus {
  public:
    struct Parts {
        BridgeFacts const& facts;
        std::string settings_json;  ///< without secrets
        std::string instance;       ///< of this start
        bool dry_run;
        SupervisedTargets const& targets;
        Presences const& presences;
        Delivery const& delivery;
        EventKeeper const& events;
        Sequence const& sequence;
        ClockGate const& clock_gate;
        Metrics& metrics;
    };
    explicit BridgeStatus(Parts parts);

    [[nodiscard]] Readiness readiness() const;
    [[nodiscard]] SelfReport report() const;
    /// `<base>/bridge/info`.
    [[nodiscard]] std::string info() const;
    /// `broker connected, 2 of 2 devices online`
    [[nodiscard]] std::string line() const;
    /// Brings the metrics up to date.
    void measure();

    /// What `--check` has found, a line each, and whether all is well.
    struct Found {
        bool good;
        std::string text;
    };
    [[nodiscard]] Found found(MqttSettings const& broker) const;

  private:
    [[nodiscard]] bool named_by_sample() const { return parts_.facts.naming == Naming::by_sample; }
    [[nodiscard]] std::string metric(std::string_view what) const;
    [[nodiscard]] std::uint64_t dropped() const;

    Parts parts_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    Timestamp started_wall_ = Clocks::now().wall;
};

}  // namespace bridge
