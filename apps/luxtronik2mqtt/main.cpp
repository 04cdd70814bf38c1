// SPDX-License-Identifier: MIT
#include "controller.hpp"
#include "decode.hpp"
#include "discover.hpp"
#include "publication.hpp"
#include "redact.hpp"
#include "settings.hpp"
#include "smart_home.hpp"
#include "smart_home_session.hpp"
#include "whereabouts.hpp"
#include "writer.hpp"

#include <bridge/run_bridge.hpp>

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace luxtronik {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using State = bridge::Outcome::State;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr auto busy_wait = seconds(5);
constexpr int busy_tries = 3;

/// One heat pump: polls its controller until a poll fails, and writes between two polls what people ask for.
class HeatPump {
  public:
    using Settings = luxtronik::Settings;

    static bridge::BridgeFacts facts() {
        return {"luxtronik2mqtt",
                "luxtronik",
                "127.0.0.1:9302",
                "Publishes the readings of heat pumps with a Luxtronik 2 controller to MQTT, and changes the "
                "settings that it is allowed to change.",
                bridge::Naming::by_target,
                {"Heat pump", "Wärmepumpe", "heatpump", "", "Luxtronik 2"}};
    }

    HeatPump(bridge::SourceContext context, Settings const& settings)
        : context_(std::move(context)),
          settings_(settings),
          timer_(context_.loop),
          place_(settings_.place_of(context_.target)),
          controller_(context_.loop, {}),
          writer_(context_.loop, controller_, budget_file()),
          publication_(context_, settings_),
          backoff_({}, std::random_device{}()) {
        if (!settings_.smart_home) return;
        // Its host is where the controller is found.
        bridge::Address const address{"", settings_.smart_home_port};
        smart_home_ = std::make_unique<SmartHomeSession>(
            context_, SmartHomeSession::Settings{address, settings_.interval, settings_.smart_home_grace,
                                                 settings_.selection()});
    }

    bridge::Session run(bridge::Emit emit) {
        if (!smart_home_) {
            auto reading = read_until_lost(std::move(emit));
            co_return co_await std::move(reading);
        }
        // A cancellation is answered where it is looked for; it must not be thrown out of here.
        co_await asio::this_coro::throw_if_cancelled(false);
        auto reading = read_both(std::move(emit));
        Result<> const ended = co_await std::move(reading);
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) smart_home_->finish();
        auto ending = smart_home_->end();
        co_await std::move(ending);
        co_return ended;
    }

    /// Written when the controller is free.
    void obey(bridge::SetRequest request) {
        if (smart_home_ && holding_named(request.name())) return smart_home_->obey(std::move(request));
        requests_.push_back(std::move(request));
        timer_.cancel();
    }

    /// What one poll brought.
    Result<> take(bridge::Bytes blocks, bridge::Timestamp measured, bridge::Emit const& emit) {
        return publication_.take(blocks, measured, emit);
    }

    static Result<std::string> redact(bridge::Bytes blocks, bridge::Pseudonyms&) {
        return luxtronik::redact(blocks);
    }

  private:
    [[nodiscard]] std::string budget_file() const {
        return context_.state_dir.empty() ? "" : context_.state_dir + "/writes-" + context_.target.name;
    }

    /// Sees to it that the controller's address is known.
    asio::awaitable<Result<>> locate() {
        auto finding = place_.find();
        auto const address = co_await std::move(finding);
        if (!address) co_return address.error();
        auto const text = fmt::format("{}:{}", address->host, address->port);
        if (place_.is_searched() && std::exchange(found_at_, text) != text)
            context_.log.info("search", "found", {{"device", context_.target.name}, {"address", text}});
        controller_.be_at(*address);
        if (smart_home_) smart_home_->be_at(address->host);
        co_return Result<>();
    }

    bridge::Session read_until_lost(bridge::Emit emit) {
        auto reading = read(std::move(emit));
        Result<> ended = co_await std::move(reading);
        controller_.hang_up();
        for (auto& request : std::exchange(requests_, {}))
            request.answer({State::refused, {}, "nothing was written, the controller went away before"});
        publication_.lose_controller();
        co_return ended;
    }

    /// Until neither interface answers.
    bridge::Session read_both(bridge::Emit emit) {
        for (;;) {
            auto reading = read_until_lost(emit);
            Result<> const ended = co_await std::move(reading);
            auto cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none) co_return ended;
            begin_smart_home(emit);
            auto asking = smart_home_->still_answers();
            bool const answers = co_await std::move(asking);
            if (!answers) co_return ended;
            note_silence(ended.error());
            timer_.expires_after(backoff_.next());
            co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
            cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none) co_return ended;
        }
    }

    /// After the first try of the other interface, whose reading --once is to have.
    void begin_smart_home(bridge::Emit const& emit) {
        if (!smart_home_ || !place_.is_known()) return;
        smart_home_->begin({[this, emit](bridge::Bytes frame, bridge::Timestamp measured) {
                                return take(frame, measured, emit);
                            },
                            [this] { publication_.lose_smart_home(); }});
    }

    /// The device is not offline then, so nobody else says it.
    void note_silence(Error const& error) {
        if (std::exchange(told_, error.detail) == error.detail) return;
        context_.log.warn("controller", "silent",
                          {{"device", context_.target.name},
                           {"error", to_string(error.code)},
                           {"detail", error.detail + "; the Smart Home Interface answers"}});
    }

    bridge::Session read(bridge::Emit emit) {
        auto locating = locate();
        Result<> const located = co_await std::move(locating);
        if (!located) co_return located.error();
        int busy = 0;
        for (auto next = Clock::now();;) {
            auto polling = controller_.poll();
            Result<Poll> const polled = co_await std::move(polling);
            Result<> const taken =
                polled ? take(polled->blocks, polled->measured, emit) : Result<>(polled.error());
            if (!taken) {
                count_failure(taken.error());
                // It may have another address now.
                if (taken.error().code == Errc::unreachable) place_.not_there();
                if (taken.error().code != Errc::unsupported || ++busy > busy_tries) co_return taken.error();
            } else {
                told_.clear();
                backoff_.reset();
                begin_smart_home(emit);
                busy = 0;
                version_ = controller_version(polled->blocks);
                next = std::max(next + settings_.interval, Clock::now());
            }
            auto resting = rest(taken ? next : Clock::now() + busy_wait, busy == 0);
            Result<Writer::Wrote> const wrote = co_await std::move(resting);
            if (!wrote) co_return wrote.error();
            // What is so now is published at once.
            if (*wrote == Writer::Wrote::yes) next = Clock::now();
        }
    }

    /// Waits, and carries out what is asked for meanwhile; ends early when something was written.
    asio::awaitable<Result<Writer::Wrote>> rest(Clock::time_point until, bool may_write) {
        constexpr auto token = asio::as_tuple(asio::use_awaitable);
        for (;;) {
            Writer::Wrote written = Writer::Wrote::no;
            // At least one; a poll must not wait for all of a flood.
            for (bool more = may_write; more && !requests_.empty(); more = Clock::now() < until) {
                auto request = std::move(requests_.front());
                requests_.pop_front();
                auto obeying = writer_.obey(std::move(request), version_);
                Result<Writer::Wrote> const wrote = co_await std::move(obeying);
                if (!wrote) co_return wrote;
                if (*wrote == Writer::Wrote::yes) written = *wrote;
            }
            if (settings_.connection == Connection::short_one) controller_.hang_up();
            if (written == Writer::Wrote::yes || Clock::now() >= until) co_return written;
            timer_.expires_at(until);
            auto [woken] = co_await timer_.async_wait(token);
            auto const cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none)
                co_return Error{Errc::closed, woken.message()};
        }
    }

    void count_failure(Error const& error) {
        context_.metrics
            .counter("luxtronik2mqtt_failed_polls_total", "Polls that gave nothing.",
                     {{"device", context_.target.name}, {"reason", std::string(to_string(error.code))}})
            .add();
    }

    bridge::SourceContext context_;
    Settings settings_;
    asio::steady_timer timer_;  ///< between two polls
    Whereabouts place_;
    std::string found_at_;  ///< as it was logged
    Controller controller_;
    Writer writer_;
    std::optional<Version> version_;           ///< as the last poll had it
    std::deque<bridge::SetRequest> requests_;  ///< oldest first
    Publication publication_;
    bridge::Backoff backoff_;                       ///< of the binary interface while the other one answers
    std::string told_;                              ///< its trouble, then
    std::unique_ptr<SmartHomeSession> smart_home_;  ///< none if it is not to be used
};
}  // namespace

}  // namespace luxtronik

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments.front() == "discover") {
        return luxtronik::run_discover({arguments.begin() + 1, arguments.end()});
    }
    return bridge::run_bridge<luxtronik::HeatPump>(argc, argv);
}
