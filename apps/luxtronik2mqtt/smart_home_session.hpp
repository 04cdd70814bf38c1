// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/backoff.hpp>
#include <bridge/run_bridge.hpp>

#include "modbus.hpp"
#include "overrides.hpp"
#include "register_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace luxtronik {

/// The Smart Home Interface of one pump, beside its other interface: reads it over a lasting connection,
/// tells it what is asked for, keeps that up and lets go of it. Trouble of this interface ends nothing else.
/// On the loop.
class SmartHomeSession {
  public:
    struct Settings {
        bridge::Address address;
        std::chrono::milliseconds interval;
        std::chrono::milliseconds grace;  ///< the broker away for so long: overrides are let go
        Selection selection;
    };
    /// What becomes of what it says.
    struct Listener {
        /// Is given each poll, as a frame of `smart_home_frame`; its error is the poll's.
        std::function<bridge::Result<>(bridge::Bytes frame, bridge::Timestamp measured)> take;
        std::function<void()> lost;  ///< nothing of it is known any more
    };

    SmartHomeSession(bridge::SourceContext const& context, Settings settings);
    /// Finishes, and waits for that, the loop being over.
    ~SmartHomeSession();
    SmartHomeSession(SmartHomeSession const&) = delete;
    SmartHomeSession& operator=(SmartHomeSession const&) = delete;

    /// Where it is from the next connection on.
    void be_at(std::string host) { settings_.address.host = std::move(host); }
    /// Begins, if it has not yet, and goes on until `end`.
    void begin(Listener listener);
    /// What it holds it goes on holding, for the next begin.
    [[nodiscard]] boost::asio::awaitable<void> end();
    /// The program stops: begins to let go of what it holds, and says nothing more to the controller. Waits
    /// for nothing, so that several let go side by side.
    void finish();
    /// Tries at once; false too when it has not begun.
    [[nodiscard]] boost::asio::awaitable<bool> still_answers();

    /// One of its holdings is to be set; answered when the controller has said what became of it.
    void obey(bridge::SetRequest request);

  private:
    using Clock = std::chrono::steady_clock;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<bridge::Result<>> turn();
    boost::asio::awaitable<bridge::Result<>> connect();
    boost::asio::awaitable<void> obey_all();
    boost::asio::awaitable<bridge::Outcome> carry_out(Register const& holding, bridge::SetRequest& request);
    boost::asio::awaitable<bridge::Result<std::uint16_t>> read_one(Register const& holding);
    boost::asio::awaitable<bridge::Result<>> write_all(std::vector<RegisterWrite> writes);
    boost::asio::awaitable<bridge::Result<>> keep_up(Registers const& registers);
    boost::asio::awaitable<bridge::Result<>> let_go(std::string why);

    bridge::Result<> publish(Registers const& registers);
    void note(bridge::Result<> const& turned);
    void note_missing();
    void note_overrides();
    void note_released(std::string const& why);
    void refuse_all(std::string const& why);
    [[nodiscard]] bool broker_is_gone() const;
    [[nodiscard]] std::chrono::milliseconds pause() const;
    [[nodiscard]] std::string file() const;

    bridge::SourceContext context_;
    Settings settings_;
    Listener listener_;
    Modbus modbus_;
    RegisterReader reader_;
    Overrides overrides_;
    bool left_behind_ = false;  ///< they are an earlier run's
    std::deque<bridge::SetRequest> requests_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer tried_;  ///< cancelled after each turn, and at the end
    boost::asio::cancellation_signal stop_;
    bool running_ = false;
    bridge::Backoff backoff_;
    Clock::time_point kept_up_;
    std::optional<Clock::time_point> undelivered_since_;
    bool answers_ = false;
    std::string told_;  ///< the last trouble that was logged
    std::string kept_;  ///< what the file says
    std::string told_missing_;
};

}  // namespace luxtronik
