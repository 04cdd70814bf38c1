// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/backoff.hpp>
#include <bridge/presence.hpp>
#include <bridge/run_bridge.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace bridge {

/// A target of a running bridge, and its sessions.
struct SupervisedTarget {
    SupervisedTarget(Target where, MadeSource source, Backoff waits, boost::asio::any_io_executor loop)
        : target(std::move(where)),
          session(std::move(source.run)),
          obey(std::move(source.obey)),
          backoff(waits),
          retry(std::move(loop)) {}

    Target target;
    std::function<Session(Emit)> session;
    std::function<void(SetRequest)> obey;  ///< empty: nobody does
    Backoff backoff;
    boost::asio::steady_timer retry;
    boost::asio::cancellation_signal stop;
    Presence* presence = nullptr;              ///< where the target is a device
    std::string told;                          ///< the last trouble that was logged
    bool begun = false;                        ///< its sessions: before, they cannot be cancelled
    bool answered = false;                     ///< in this session
    bool first_taken = false;                  ///< by --once
    std::string first_payload;                 ///< for --check
    std::string trouble;                       ///< newest reason for having no reading
    std::uint64_t errors = 0;                  ///< sessions that ended
    std::map<std::string, std::string> parts;  ///< as `SourceContext::part` was told

    [[nodiscard]] std::string why_silent() const {
        if (!trouble.empty()) return trouble;
        bool const waited = presence && presence->answers == Presence::Answers::no;
        return waited ? "no reading came" : "waiting";
    }
};

/// By name.
using SupervisedTargets = std::map<std::string, std::unique_ptr<SupervisedTarget>>;

}  // namespace bridge
