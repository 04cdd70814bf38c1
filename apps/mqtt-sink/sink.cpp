// SPDX-License-Identifier: MIT
#include "sink.hpp"

#include "counts.hpp"
#include "drain.hpp"
#include "inbox.hpp"
#include "measurements.hpp"
#include "outputs.hpp"
#include "web.hpp"

#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/payload.hpp>
#include <bridge/service.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <system_error>

namespace sink {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto disconnect_deadline = milliseconds(500);
/// A member of a share group that stops: when nothing has come for a while, all is here that was on its way.
constexpr auto leave_quiet = milliseconds(150);
constexpr auto leave_deadline = milliseconds(900);
constexpr auto drain_deadline = milliseconds(2500);
constexpr unsigned last_resort_s = 4;
constexpr auto inbox_retry = seconds(2);
constexpr auto status_interval = seconds(1);
/// How long the broker keeps what comes while the sink is away.
constexpr auto session_expiry = std::chrono::hours(7 * 24);
/// More than this the broker does not send unacknowledged. Its own default (mosquitto: 20) makes it queue,
/// and drop what is more than 1,000.
constexpr std::uint16_t receive_maximum = 10'000;

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string_view word(Drain::State state, Fault fault) {
    if (state == Drain::State::working) return "working";
    return state == Drain::State::starting ? "opening" : to_string(fault);
}

/// What a message meets in the library's receive thread. Outlives the client that calls it.
struct Intake {
    std::shared_ptr<bridge::Metrics> metrics;
    std::shared_ptr<Inbox> inbox;
    std::shared_ptr<Drain> drain;
    bridge::Counter& received;

    /// Returns when the message is safe, and only then: the library acknowledges it after that, whatever is
    /// returned. So a message that cannot be stored any more, as the program ends, holds its thread until the
    /// process is gone. The broker then has no acknowledgement, and sends it again next time.
    void take(bridge::MqttArrival const& arrival) const {
        Message const message{arrival.topic, arrival.payload, arrival.payload.size(), now(),
                              arrival.retained};
        if (inbox->append(message) == Inbox::Appended::stopped) {
            for (;;) ::pause();
        }
        received.add();
        drain->wake();
    }
};

/// What people and service managers send.
sigset_t asking_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int const signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, signal);
    return signals;
}

/// The running sink. All on one loop, but for the database thread and the library's.
class RunningSink {
  public:
    RunningSink(Settings const& settings, bridge::ProgramSettings const& program, std::string api_token,
                CommandLine command_line)
        : settings_(settings),
          program_(program),
          api_token_(std::move(api_token)),
          command_line_(std::move(command_line)),
          log_(program_.log()),
          work_signal_(loop_, SIGTERM, SIGINT),
          hangup_(loop_, SIGHUP),
          timer_(loop_),
          status_timer_(loop_),
          service_(loop_.get_executor(),
                   bridge::ServiceManager::from_environment(bridge::process_environment(), ::getpid())) {}

    int run() {
        watch_signals();
        serve();
        open_inbox();
        service_.ready();
        say_status();
        loop_.run();
        return 0;
    }

  private:
    // --- start: the inbox, then the store, then the broker ---

    void watch_signals() {
        work_signal_.async_wait([this](boost::system::error_code cancelled, int) {
            if (cancelled) return;
            reload_ = false;
            begin_stop();
        });
        wait_for_hangup();
        // What came since the hangup that this start comes of was held back.
        sigset_t const signals = asking_signals();
        ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    }

    void wait_for_hangup() {
        hangup_.async_wait([this](boost::system::error_code cancelled, int) {
            if (cancelled) return;
            reload();
            wait_for_hangup();
        });
    }

    void reload() {
        if (stopping_) return;
        service_.reloading();
        auto const usable = command_line_.usable();
        if (!usable) {
            log_.error("settings", "reload_refused",
                       {{"detail", usable.error().detail}, {"in_force", "the settings of before"}});
            return service_.ready();
        }
        log_.info("settings", "reload");
        reload_ = true;
        begin_stop();
    }

    /// The same process begins anew, as it was called. Not by taking down its parts one by one: a thread of
    /// the library that waits, for a name or for room, cannot be ended otherwise.
    [[noreturn]] void start_anew() {
        ::alarm(0);
        sigset_t const signals = asking_signals();
        ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        ::execv("/proc/self/exe", command_line_.words);
        log_.error("sink", "not_started_anew", {{"detail", std::generic_category().message(errno)}});
        ::_exit(1);
    }

    void open_inbox() {
        auto opened = Inbox::open({.directory = settings_.inbox_directory(),
                                   .durability = settings_.durability,
                                   .most_bytes = settings_.inbox_max_bytes},
                                  log_);
        if (!opened) return try_inbox_again(opened.error());
        inbox_ = std::move(*opened);
        Drain::Settings const drain{.database = settings_.database_path(),
                                    .durability = settings_.durability,
                                    .commit_interval = settings_.commit_interval,
                                    .retention = settings_.retention()};
        drain_ = std::make_shared<Drain>(drain, *inbox_, counts_, log_, loop_.get_executor());
        if (web_) web_->open(drain_);
        outputs_ =
            std::make_unique<Outputs>(settings_.outputs(), *drain_, *metrics_, log_, loop_.get_executor());
        auto const store_opened = [this] {
            if (stopping_) return;
            connect();
            outputs_->start();
        };
        drain_->start(store_opened, [this] { outputs_->wake(); });
    }

    void try_inbox_again(bridge::Error const& error) {
        if (std::exchange(inbox_trouble_, error.detail) != error.detail) {
            log_.error("inbox", "unusable", {{"detail", error.detail}});
        }
        timer_.expires_after(inbox_retry);
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled && !stopping_) open_inbox();
        });
    }

    void connect() {
        bridge::MqttSession session;
        session.client_id = program_.client_id("mqtt-sink");
        session.subscriptions = settings_.subscriptions();
        session.expiry = session_expiry;
        session.receive_maximum = receive_maximum;
        bridge::MqttClient::Handlers handlers;
        handlers.connected = [this] { broker_trouble_.clear(); };
        handlers.disconnected = [this](bridge::Error const& error) { broker_trouble_ = error.detail; };
        auto const intake = std::make_shared<Intake>(Intake{metrics_, inbox_, drain_, counts_.received});
        handlers.received = [intake](bridge::MqttArrival const& arrival) { intake->take(arrival); };
        mqtt_ = std::make_unique<bridge::MqttClient>(loop_.get_executor(), log_, program_.mqtt,
                                                     std::move(session), std::move(handlers));
        mqtt_->start();
    }

    // --- HTTP ---

    void serve() {
        auto const address = program_.listen_address();
        if (!address) return;
        auto const metrics = [this] {
            measure();
            return metrics_->text();
        };
        web_ =
            std::make_unique<Web>(loop_.get_executor(), log_,
                                  Web::Settings{*address, api_token_, settings_.insecure_api,
                                                measurements::hide_after(settings_.hide_inactive_after_days),
                                                settings_.metrics_max_age},
                                  Web::Health{metrics, [this] { return readiness(); }});
    }

    [[nodiscard]] bridge::Readiness readiness() const {
        bool const connected = mqtt_ && mqtt_->connected();
        auto const state = drain_ ? drain_->state() : Drain::State::starting;
        std::string const broker = connected                 ? "connected"
                                   : broker_trouble_.empty() ? "connecting"
                                                             : broker_trouble_;
        std::string const inbox = !inbox_             ? inbox_trouble_
                                  : inbox_->waiting() ? "waiting for room"
                                                      : "working";
        bool const ready = connected && state == Drain::State::working && inbox_ && !inbox_->waiting();
        return {ready, fmt::format(R"({{"ready":{},"broker":{},"inbox":{},"store":{},"outputs":{}}})", ready,
                                   bridge::json_string(broker), bridge::json_string(inbox),
                                   bridge::json_string(word(state, drain_ ? drain_->fault() : Fault::io)),
                                   outputs_ ? outputs_->states() : "{}")};
    }

    /// For people: what they can do something about.
    void say_status() {
        bool const connected = mqtt_ && mqtt_->connected();
        auto const state = drain_ ? drain_->state() : Drain::State::starting;
        std::string const broker = broker_trouble_.empty() ? "connecting" : "away: " + broker_trouble_;
        std::string const inbox = !inbox_             ? inbox_trouble_
                                  : inbox_->waiting() ? "waiting for room"
                                                      : "working";
        service_.status(fmt::format("broker {}, inbox {}, store {}", connected ? "connected" : broker, inbox,
                                    word(state, drain_ ? drain_->fault() : Fault::io)));
        status_timer_.expires_after(status_interval);
        status_timer_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled && !stopping_) say_status();
        });
    }

    void measure() {
        auto const set = [this](char const* name, char const* help, double value) {
            metrics_->gauge(name, help).set(value);
        };
        set("mqtt_sink_broker_connected", "1 while connected to the broker.",
            mqtt_ && mqtt_->connected() ? 1 : 0);
        if (!inbox_) return;
        set("mqtt_sink_inbox_messages", "Messages that wait in the inbox.",
            static_cast<double>(inbox_->depth()));
        set("mqtt_sink_inbox_bytes", "Size of the inbox.", static_cast<double>(inbox_->bytes()));
        set("mqtt_sink_inbox_waiting", "1 while the inbox has no room, and the broker waits.",
            inbox_->waiting() ? 1 : 0);
        set("mqtt_sink_store_working", "1 while the store takes what it is given.",
            drain_->state() == Drain::State::working ? 1 : 0);
        outputs_->measure();
    }

    // --- stop: the broker, then the store ---

    void begin_stop() {
        if (std::exchange(stopping_, true)) return;
        hangup_.cancel();
        timer_.cancel();
        status_timer_.cancel();
        if (!reload_) service_.stopping();
        // Whatever a library makes the end wait for: all that is acknowledged is in the inbox by now. With a
        // reload it is the service manager that then has to start it anew.
        std::signal(
            SIGALRM, reload_ ? +[](int) { ::_exit(1); } : +[](int) { ::_exit(0); });
        ::alarm(last_resort_s);
        asio::co_spawn(loop_, wind_down(), asio::detached);
    }

    /// So that the others get what comes from now on: the broker goes on putting aside a member's share while
    /// that is away. What is on its way already is taken in.
    asio::awaitable<void> leave_group() {
        if (settings_.share_group.empty() || !mqtt_ || !mqtt_->connected()) co_return;
        mqtt_->stop_asking(settings_.subscriptions());
        auto const until = std::chrono::steady_clock::now() + leave_deadline;
        std::uint64_t before = 0;
        do {
            before = counts_.received.value();
            timer_.expires_after(leave_quiet);
            co_await timer_.async_wait(token);
        } while (before != counts_.received.value() && std::chrono::steady_clock::now() < until);
    }

    asio::awaitable<void> wind_down() {
        co_await leave_group();
        if (inbox_) inbox_->stop();
        if (outputs_) outputs_->stop();
        // A handler that holds a message back holds the library's lock too: no goodbye is possible then.
        bool const held = inbox_ && inbox_->waiting();
        if (mqtt_ && !held) co_await mqtt_->stop(disconnect_deadline);
        if (drain_) {
            timer_.expires_after(drain_deadline + seconds(1));
            drain_->stop(drain_deadline, [this] { timer_.cancel(); });
            co_await timer_.async_wait(token);
        }
        if (web_) web_->stop();
        if (reload_) start_anew();
        log_.info("sink", "stopped");
        // That thread never returns, and the client cannot be taken down around it.
        if (inbox_ && inbox_->waiting()) ::_exit(0);
        mqtt_.reset();
        loop_.stop();
    }

    Settings settings_;
    bridge::ProgramSettings program_;
    std::string api_token_;
    CommandLine command_line_;
    bridge::Log log_;
    std::shared_ptr<bridge::Metrics> metrics_ = std::make_shared<bridge::Metrics>();
    Counts counts_{*metrics_};
    asio::io_context loop_{1};
    asio::signal_set work_signal_;
    asio::signal_set hangup_;
    asio::steady_timer timer_;
    asio::steady_timer status_timer_;
    bridge::Service service_;
    std::shared_ptr<Inbox> inbox_;
    std::shared_ptr<Drain> drain_;
    std::unique_ptr<Outputs> outputs_;
    std::unique_ptr<Web> web_;
    std::unique_ptr<bridge::MqttClient> mqtt_;
    std::string inbox_trouble_ = "opening";
    std::string broker_trouble_;
    bool stopping_ = false;
    bool reload_ = false;
};

}  // namespace

int run(Settings const& settings, bridge::ProgramSettings const& program, std::string api_token,
        CommandLine command_line) {
    return RunningSink(settings, program, std::move(api_token), std::move(command_line)).run();
}

}  // namespace sink
