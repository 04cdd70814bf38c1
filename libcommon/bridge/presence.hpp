// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/sample.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace bridge {

/// A device as the outside sees it.
struct Presence {
    Presence(std::string device, std::string found_at, boost::asio::any_io_executor loop)
        : name(std::move(device)), address(std::move(found_at)), patience(std::move(loop)) {}

    enum class Answers { unknown, yes, no };

    std::string name;
    std::string address;
    Answers answers = Answers::unknown;
    std::optional<Timestamp> measured;  ///< when its newest reading was
    boost::asio::steady_timer patience;
    Counter* readings = nullptr;
    Gauge* up = nullptr;

    [[nodiscard]] bool online() const { return answers == Answers::yes; }
};

/// Which devices there are, and whether each of them answers: said by what a device does, never by what the
/// process does. All on one loop.
class Presences {
  public:
    struct Settings {
        std::string metrics_prefix;
        bool quiet = false;  ///< no log lines
    };
    using Changed = std::function<void(Presence const&)>;

    Presences(boost::asio::any_io_executor loop, Log log, Metrics& metrics, Settings settings,
              Changed changed);

    /// The device of this name, made at the first call.
    Presence& of(std::string const& name, std::string const& address);
    [[nodiscard]] bool knows(std::string const& name) const { return all_.contains(name); }

    /// It gave a reading: online, and offline when none has come for `patience`.
    void answered(Presence& presence, std::chrono::milliseconds patience);
    /// It does not answer.
    void lost(Presence& presence);
    /// Offline if nothing has come when `patience` is over.
    void watch(Presence& presence, std::chrono::milliseconds patience);
    /// Watches no more.
    void stop();

    /// By name.
    [[nodiscard]] std::map<std::string, std::unique_ptr<Presence>> const& all() const { return all_; }

  private:
    void set(Presence& presence, Presence::Answers answers);

    boost::asio::any_io_executor loop_;
    Log log_;
    Metrics& metrics_;
    Settings settings_;
    Changed changed_;
    std::map<std::string, std::unique_ptr<Presence>> all_;
};

}  // namespace bridge
