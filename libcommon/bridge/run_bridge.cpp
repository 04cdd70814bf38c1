// SPDX-License-Identifier: MIT
#include <bridge/run_bridge.hpp>

#include <bridge/announcer.hpp>
#include <bridge/bridge_settings.hpp>
#include <bridge/bridge_status.hpp>
#include <bridge/clock_gate.hpp>
#include <bridge/command_desk.hpp>
#include <bridge/delivery.hpp>
#include <bridge/event_keeper.hpp>
#include <bridge/kept_signals.hpp>
#include <bridge/payload.hpp>
#include <bridge/presence.hpp>
#include <bridge/program.hpp>
#include <bridge/recorder.hpp>
#include <bridge/recording_file.hpp>
#include <bridge/replay.hpp>
#include <bridge/self_report.hpp>
#include <bridge/sequence.hpp>
#include <bridge/service.hpp>
#include <bridge/supervised_target.hpp>
#include <bridge/topic_name.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace bridge {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto first_reading_grace = seconds(5);
constexpr auto session_deadline = milliseconds(500);
constexpr auto health_interval = seconds(60);
/// What a device with a clock of its own measured longer ago than this is no sign that it is there now.
constexpr milliseconds foreign_sign_of_life = std::chrono::hours(1);

/// A program with its settings read.
struct Setup {
    explicit Setup(BridgeProgram made) : program(std::move(made)) {
        program.bind(options);
        BridgeSettings::bind(options, settings, program.facts);
    }
    Setup(Setup const&) = delete;
    Setup& operator=(Setup const&) = delete;

    /// Whether there is anything for it to read.
    [[nodiscard]] Result<> has_work(Options::Mode mode) const {
        bool const check = mode == Options::Mode::check;
        if (!settings.replay.empty()) {
            return check ? Result<>(Error{Errc::config, "--replay goes without --check"}) : Result<>();
        }
        bool const listens = !settings.once && !settings.dry_run && !check && !program.topics().empty();
        if (!program.targets().empty() || listens) return {};
        return Error{Errc::config, "no device is set; --help shows how"};
    }

    BridgeProgram program;
    BridgeSettings settings;
    Options options{program.facts.program, program.facts.base, program.facts.description};
};

/// The files of --record and --replay; nothing where they are not asked for.
struct Recordings {
    std::optional<Recorder> recorder;
    std::optional<RecordingFile> replayed;
};

Result<Recordings> open_recordings(Setup const& setup, bool check) {
    Recordings opened;
    auto const& settings = setup.settings;
    if (!settings.record.empty() && !check) {
        auto recorder = Recorder::open(
            {settings.record, setup.program.facts.program, settings.redact ? setup.program.redact : Redact()},
            settings.program.log());
        if (!recorder) return recorder.error();
        opened.recorder = std::move(*recorder);
    }
    if (!settings.replay.empty()) {
        auto recording = RecordingFile::open(settings.replay);
        if (!recording) return recording.error();
        opened.replayed = std::move(*recording);
    }
    return opened;
}

/// Reads the settings anew; the new targets, or what is wrong.
using Reread = std::function<Result<std::vector<Target>>()>;

struct Ended {
    int exit_code = 0;
    bool reload = false;  ///< start again, with the settings that were read anew
};

/// A running bridge. All on one loop.
class Bridge {
  public:
    /// `recordings` go on over a reload.
    Bridge(Setup const& setup, Recordings& recordings, bool check, Reread reread, KeptSignals& signals,
           bool began_anew)
        : program_(setup.program),
          settings_(setup.settings),
          recordings_(recordings),
          check_(check),
          reread_(std::move(reread)),
          signals_(signals),
          began_anew_(began_anew),
          log_(settings_.program.log()),
          work_signal_(loop_, SIGTERM, SIGINT),
          hangup_(loop_, SIGHUP),
          deadline_(loop_),
          clock_timer_(loop_),
          health_timer_(loop_),
          sessions_ended_(loop_),
          service_(loop_.get_executor(), ServiceManager::from_environment(process_environment(), ::getpid())),
          presences_(loop_.get_executor(), log_, metrics_, {name(), is_guest()},
                     [this](Presence const& presence) { say_availability(presence); }),
          delivery_(loop_.get_executor(), log_, delivery_settings(),
                    {[this] { on_broker_answer(); }, [this] { on_progress(); },
                     [this](std::uint64_t number) { events_.acknowledged(number); },
                     [this](MqttMessage const& message) { on_heard(message); }}),
          desk_(log_, metrics_, delivery_, {program_.facts.program, settings_.topic, fields_},
                [this](std::string const& device) { return recipient(device); }),
          announcer_(loop_.get_executor(), log_, delivery_, announcer_settings()),
          events_(loop_.get_executor(), log_, delivery_, settings_.topic,
                  keeps_state() ? settings_.state_dir + "/events" : ""),
          sequence_(keeps_numbers() ? settings_.state_dir + "/sequence" : "",
                    static_cast<std::uint64_t>(Clocks::now().wall.time_since_epoch().count())),
          status_({program_.facts, setup.options.to_json(), instance_, settings_.dry_run, targets_,
                   presences_, delivery_, events_, sequence_, clock_gate_, metrics_}) {}

    Ended run() {
        if (auto const trouble = sequence_.take_trouble(); !trouble) {
            log_.warn("sequence", "not_kept", {{"detail", trouble.error().detail}});
        }
        watch_signals();
        // What came between the lives.
        if (began_anew_) signals_.raise_again();
        start_delivery();
        if (!is_guest()) serve();
        if (replays()) {
            asio::co_spawn(loop_, replay(), asio::detached);
        } else {
            for (auto const& target : program_.targets()) start_device(target);
        }
        if (one_shot()) limit_time();
        if (!is_guest()) {
            service_.ready();
            say_status();
        }
        loop_.run();
        return {exit_code_, reload_};
    }

  private:
    [[nodiscard]] bool one_shot() const { return settings_.once || check_; }
    [[nodiscard]] bool replays() const { return recordings_.replayed.has_value(); }
    /// It is not the bridge that others see, which may be running meanwhile.
    [[nodiscard]] bool is_guest() const { return one_shot() || replays(); }
    [[nodiscard]] bool keeps_numbers() const {
        return !check_ && !replays() && !settings_.dry_run && !settings_.state_dir.empty();
    }
    [[nodiscard]] bool named_by_sample() const { return program_.facts.naming == Naming::by_sample; }
    /// --once publishes one of many readings: what is kept by a source would be wrong of the others.
    [[nodiscard]] bool keeps_state() const { return keeps_numbers() && !settings_.once; }
    [[nodiscard]] std::string const& name() const { return program_.facts.program; }
    [[nodiscard]] std::string availability_topic(std::string const& device_name) const {
        return settings_.topic + "/" + device_name + "/availability";
    }
    [[nodiscard]] std::string bridge_topic(std::string_view what) const {
        return fmt::format("{}/bridge/{}", settings_.topic, what);
    }
    [[nodiscard]] std::string state_topic() const { return bridge_topic("state"); }

    // --- start ---

    void watch_signals() {
        work_signal_.async_wait([this](boost::system::error_code cancelled, int) {
            if (!cancelled) begin_stop(0);
        });
        wait_for_hangup();
    }

    void wait_for_hangup() {
        hangup_.async_wait([this](boost::system::error_code cancelled, int) {
            if (cancelled) return;
            reload();
            wait_for_hangup();
        });
    }

    void reload() {
        if (is_guest() || stopping_) return;
        service_.reloading();
        auto const targets = reread_();
        if (!targets) {
            log_.error("settings", "reload_refused",
                       {{"detail", targets.error().detail}, {"in_force", "the settings of before"}});
            return service_.ready();
        }
        log_.info("settings", "reload");
        // What comes from now on is for the next life.
        signals_.forget_hangups();
        reload_ = true;
        for (auto const& target : *targets) stays_.insert(target.name);
        begin_stop(0);
    }

    [[nodiscard]] Delivery::Settings delivery_settings() const {
        Delivery::Settings delivery;
        delivery.mqtt = settings_.program.mqtt;
        delivery.dry_run = settings_.dry_run;
        delivery.held = settings_.once;
        delivery.retained = [this, retention = retention()](std::string const& channel) {
            return retention.retained(fields_, channel);
        };
        if (keeps_state()) {
            delivery.spool = Spool::Settings{settings_.state_dir + "/spool", settings_.spool_max_bytes,
                                             settings_.spool_max_age};
        }
        auto& session = delivery.session;
        session.client_id = settings_.program.client_id(name());
        session.subscriptions = filters();
        // A broker that does not let us subscribe must not keep us from publishing.
        session.subscriptions_needed = false;
        if (is_guest()) {
            // It must not throw the running instance out.
            session.client_id += check_ ? "-check" : replays() ? "-replay" : "-once";
        } else {
            session.will = MqttMessage{state_topic(), "offline", true};
        }
        return delivery;
    }

    [[nodiscard]] Retention retention() const {
        return {settings_.program.mqtt.retain, program_.stale_after(), program_.facts.lasting};
    }

    [[nodiscard]] Announcer::Settings announcer_settings() const {
        return {settings_.house, name(),      std::string(version()), settings_.topic, program_.facts.product,
                fields_,         retention(), !named_by_sample()};
    }

    void start_delivery() {
        delivery_.wait_also_for([this] { return clock_gate_.waiting() > 0; });
        if (!is_guest()) delivery_.set_state(state_topic(), "online");
        delivery_.start();
        if (is_guest()) return;
        events_.start();
        report_health();
    }

    /// What is asked of the bridge, and what its devices publish by themselves.
    [[nodiscard]] std::vector<std::string> filters() const {
        if (is_guest() || settings_.dry_run) return {};
        std::vector<std::string> all = Announcer::filters(settings_.house);
        all.push_back(bridge_topic("request/+"));
        all.push_back(bridge_topic("health"));
        for (auto& filter : CommandDesk::filters(settings_.topic, fields_)) all.push_back(std::move(filter));
        if (named_by_sample()) {
            for (auto& topic : program_.topics()) all.push_back(std::move(topic));
            all.push_back(availability_topic("+"));
        }
        return all;
    }

    void serve() {
        auto const address = settings_.program.listen_address();
        if (!address) return;
        http_ = std::make_unique<HttpServer>(loop_.get_executor(), log_);
        auto const metrics = [this] {
            status_.measure();
            return metrics_.text();
        };
        serve_health(*http_, metrics, [this] { return status_.readiness(); });
        http_->start(*address);
    }

    [[nodiscard]] SourceContext context_for(Target const& target) {
        return {loop_.get_executor(),
                log_,
                metrics_,
                target,
                keeps_state() ? settings_.state_dir : "",
                [this, name = target.name](std::string const& device, Timestamp time,
                                           std::vector<Condition> const& conditions) {
                    if (!is_guest() && !stopping_)
                        events_.conditions(event_device(device, name), time, conditions);
                },
                [this, name = target.name](std::string const& device, Occurrence const& occurrence) {
                    if (!is_guest() && !stopping_) events_.occurred(event_device(device, name), occurrence);
                },
                [this](std::function<void()> delivered) { delivery_.when_delivered(std::move(delivered)); },
                [this, name = target.name](std::string const& part, std::string const& trouble) {
                    if (auto const found = targets_.find(name); found != targets_.end())
                        found->second->parts[part] = trouble;
                },
                [this, name = target.name](Timestamp time, Bytes frame) {
                    if (recordings_.recorder) recordings_.recorder->write(name, time, frame);
                }};
    }

    [[nodiscard]] std::string event_device(std::string const& named, std::string const& target) const {
        if (named.empty()) return target;
        return named_by_sample() ? topic_name(named) : named;
    }

    void start_device(Target const& target) {
        auto made = std::make_unique<SupervisedTarget>(
            target, program_.make(context_for(target)),
            Backoff(program_.retry(target), std::random_device{}()), loop_.get_executor());
        SupervisedTarget& device = *targets_.emplace(target.name, std::move(made)).first->second;
        if (!named_by_sample()) {
            device.presence = &presences_.of(target.name, target.address);
            announce(*device.presence);
            presences_.watch(*device.presence, program_.stale_after() + first_reading_grace);
        }
        asio::co_spawn(loop_, supervise(device),
                       asio::bind_cancellation_slot(device.stop.slot(), asio::detached));
    }

    [[nodiscard]] CommandDesk::Recipient recipient(std::string const& device_name) const {
        auto const found = targets_.find(device_name);
        if (found == targets_.end()) return {};
        auto const& device = *found->second;
        return {true, device.presence && device.presence->online(), device.obey};
    }

    void limit_time() {
        deadline_.expires_after(settings_.once_timeout);
        deadline_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled) give_up();
        });
    }

    asio::awaitable<void> replay() {
        Replay::Way way{settings_.replay, [this](Target const& target) { return context_for(target); },
                        [this](Sample sample) { take(nullptr, std::move(sample), settings_.replay); }};
        replay_.emplace(loop_.get_executor(), log_, program_, *recordings_.replayed, delivery_,
                        std::move(way));
        auto replaying = replay_->run();
        bool const whole = co_await std::move(replaying);
        begin_stop(whole ? 0 : 1);
    }

    // --- devices ---

    asio::awaitable<void> supervise(SupervisedTarget& device) {
        Emit const emit = [this, &device](Sample sample) { on_sample(device, std::move(sample)); };
        ++sessions_;
        device.begun = true;
        while (!stopping_) {
            device.answered = false;
            if (recordings_.recorder) recordings_.recorder->begin(device.target.name);
            auto session = device.session(emit);
            Result<> const ended = co_await std::move(session);
            if (stopping_) break;
            on_session_end(device, ended);
            device.retry.expires_after(device.backoff.next());
            co_await device.retry.async_wait(token);
        }
        if (--sessions_ == 0) sessions_ended_.cancel();
    }

    void on_session_end(SupervisedTarget& device, Result<> const& ended) {
        if (device.answered) device.backoff.reset();
        Error const error = ended ? Error{Errc::closed, "the session ended"} : ended.error();
        // A device with a name of its own may be heard by another way, or at the next try: its silence tells.
        if (device.presence) presences_.lost(*device.presence);
        device.trouble = error.detail;
        ++device.errors;
        if (std::exchange(device.told, error.detail) == error.detail) return;
        log_.warn("session", "ended",
                  {{"device", device.target.name},
                   {"target", device.target.address},
                   {"error", to_string(error.code)},
                   {"detail", error.detail}});
    }

    void on_sample(SupervisedTarget& device, Sample sample) {
        if (stopping_) return;
        device.answered = true;
        device.told.clear();
        device.trouble.clear();
        if (sample.device.empty()) sample.device = device.target.name;
        take(&device, std::move(sample), device.target.address);
    }

    /// `source`: whose session it comes from; null if it came from the broker.
    void take(SupervisedTarget* source, Sample sample, std::string const& address) {
        if (named_by_sample()) sample.device = topic_name(sample.device);
        bool const configured = source && source->presence;
        auto& presence = configured ? *source->presence : presences_.of(sample.device, address);
        note_presence(presence, sample.time);
        announce(presence);
        // What is replayed is dated already.
        if (sample.own_time || replays()) {
            publish(source, sample);
        } else {
            for (auto& stamped : clock_gate_.pass(std::move(sample), Clocks::now())) publish(source, stamped);
        }
        if (clock_gate_.waiting() > 0) wait_for_clock();
    }

    void on_heard(MqttMessage const& message) {
        if (stopping_) return;
        if (auto const asked = read_request(settings_.topic, message.topic, message.payload)) {
            // A retained one is nobody asking now.
            if (!message.retain) answer(*asked);
            return;
        }
        if (message.topic == bridge_topic("health")) return note_health(message);
        if (desk_.hear(message)) return;
        if (announcer_.hear(message)) return;
        auto const prefix = settings_.topic + "/";
        auto const suffix = std::string_view("/availability");
        std::string_view topic = message.topic;
        if (topic.starts_with(prefix) && topic.ends_with(suffix)) {
            topic.remove_prefix(prefix.size());
            topic.remove_suffix(std::min(suffix.size(), topic.size()));
            return remember(std::string(topic), message);
        }
        if (!program_.hear) return;
        auto const context = context_for({"broker", message.topic});
        program_.hear(context, message,
                      [&](Sample sample) { take(nullptr, std::move(sample), message.topic); });
    }

    /// Two bridges of one base would say different things of the same devices.
    void note_health(MqttMessage const& message) {
        auto const other = instance_of(message.payload);
        // A retained one is that of an earlier run.
        if (message.retain || other.empty() || other == instance_ || !others_.insert(other).second) return;
        log_.error(
            "bridge", "another_instance",
            {{"topic", settings_.topic},
             {"instance", other},
             {"detail",
              "another bridge publishes under this topic: give one of them another --topic, or end it"}});
        // So that it hears of this one too.
        delivery_.set_state(bridge_topic("health"), health_json(status_.report()));
    }

    /// A device that an earlier run left online, which may be gone since.
    void remember(std::string const& device_name, MqttMessage const& availability) {
        if (!availability.retain || availability.payload != "online") return;
        if (!is_topic_level(device_name) || presences_.knows(device_name)) return;
        auto& presence = presences_.of(device_name, availability.topic);
        presences_.watch(presence, program_.stale_after() + first_reading_grace);
        announce(presence);
    }

    void note_presence(Presence& presence, Timestamp measured) {
        presence.readings->add();
        presence.measured = std::max(presence.measured.value_or(measured), measured);
        auto const sign_of_life = named_by_sample() ? foreign_sign_of_life : program_.stale_after();
        if (Clocks::now().wall - measured > sign_of_life) return;
        presences_.answered(presence, program_.stale_after());
    }

    void announce(Presence const& presence) {
        if (is_guest() || stopping_) return;
        announcer_.tell(presence.name, presence.answers == Presence::Answers::unknown ? Homie::State::init
                                       : presence.online()                            ? Homie::State::ready
                                                                                      : Homie::State::alert);
    }

    void wait_for_clock() {
        clock_timer_.expires_after(seconds(1));
        clock_timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled || stopping_) return;
            for (auto& stamped : clock_gate_.release(Clocks::now())) {
                auto const device = targets_.find(stamped.device);
                publish(device == targets_.end() ? nullptr : device->second.get(), stamped);
            }
            if (clock_gate_.waiting() > 0) wait_for_clock();
        });
    }

    /// `source`: as `take` has it, and null if it is not known any more.
    void publish(SupervisedTarget* source, Sample const& sample) {
        if (one_shot() && source && std::exchange(source->first_taken, true)) return;
        std::string const device_topic = settings_.topic + "/" + sample.device;
        std::string const topic = channel_topic(device_topic, sample.channel);
        std::string payload = to_json(sample, sequence_.next(topic));
        if (auto const trouble = sequence_.take_trouble(); !trouble) {
            log_.warn("sequence", "not_kept", {{"detail", trouble.error().detail}});
        }
        bool const past = sample.past || is_late(topic, sample.time);
        if (check_) {
            if (source) source->first_payload = std::move(payload);
        } else {
            delivery_.add(device_topic, sample.channel, std::move(payload), past, sample.time);
            if (!past && !is_guest()) announcer_.show(sample);
        }
        if (one_shot()) finish_if_all_done();
    }

    /// A device with a clock of its own may give what it measured before what it gave already: its topic
    /// does not go back in time. (By the host's clock it may have to: that can be set back.)
    bool is_late(std::string const& topic, Timestamp time) {
        if (!named_by_sample()) return false;
        auto const newest = newest_.try_emplace(topic, time).first;
        if (time < newest->second) return true;
        newest->second = time;
        return false;
    }

    void say_availability(Presence const& presence) {
        if (is_guest() || stopping_) return;
        delivery_.set_state(availability_topic(presence.name), presence.online() ? "online" : "offline");
        announce(presence);
        say_status();
    }

    // --- broker ---

    void on_broker_answer() {
        broker_answered_ = true;
        if (one_shot()) return finish_if_all_done();
        if (is_guest()) return;
        say_status();
        if (!delivery_.connected()) return announcer_.disconnected();
        delivery_.set_state(bridge_topic("info"), status_.info());
        report_health();
        announcer_.connected();
    }

    void on_progress() {
        if (settings_.once) finish_if_all_done();
    }

    void report_health() {
        delivery_.set_state(bridge_topic("health"), health_json(status_.report()));
        health_timer_.expires_after(health_interval);
        health_timer_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled && !stopping_) report_health();
        });
    }

    void say_status() { service_.status(status_.line()); }

    void answer(Asked const& asked) {
        auto const& request = asked.request;
        // What is no level of a topic cannot be answered there.
        if (!is_topic_level(request.verb)) return;
        delivery_.say(
            {bridge_topic("response/" + request.verb),
             asked.understood ? carry_out(request) : answer_error(request, asked.understood.error().detail)});
    }

    [[nodiscard]] std::string carry_out(Request const& request) {
        if (request.verb == "health") return answer_ok(request, health_json(status_.report()));
        if (request.verb == "devices") return answer_ok(request, devices_json(status_.report().devices));
        if (request.verb == "republish") {
            report_health();
            announcer_.tell_again();
            delivery_.republish();
            return answer_ok(request, "");
        }
        if (request.verb == "log_level") {
            auto const level = log_level(request.level);
            if (!level) return answer_error(request, "level must be one of error, warn, info, debug");
            log_.set_level(*level);
            return answer_ok(request, "");
        }
        return answer_error(request, "there are health, devices, republish and log_level");
    }

    // --- --once and --check ---

    [[nodiscard]] bool all_taken() const {
        return std::all_of(targets_.begin(), targets_.end(),
                           [](auto const& d) { return d.second->first_taken; });
    }

    void finish_if_all_done() {
        if (stopping_ || !all_taken()) return;
        if (check_) {
            if (broker_answered_ || settings_.dry_run) report_check();
            return;
        }
        delivery_.let_go();
        if (delivery_.settled()) begin_stop(0);
    }

    void give_up() {
        if (check_) return report_check();
        for (auto const& [device_name, device] : targets_) {
            if (device->first_taken) continue;
            log_.error("once", "no_reading",
                       {{"device", device_name},
                        {"target", device->target.address},
                        {"detail", device->why_silent()}});
        }
        if (all_taken()) log_.error("once", "not_delivered", {{"detail", delivery_.trouble()}});
        begin_stop(1);
    }

    void report_check() {
        auto const found = status_.found(settings_.program.mqtt);
        fmt::print("{}", found.text);
        begin_stop(found.good ? 0 : 1);
    }

    // --- stop ---

    void begin_stop(int exit_code) {
        if (std::exchange(stopping_, true)) return;
        exit_code_ = exit_code;
        work_signal_.cancel();
        hangup_.cancel();
        clock_timer_.cancel();
        health_timer_.cancel();
        deadline_.cancel();
        if (replay_) replay_->stop();
        if (!reload_ && !is_guest()) service_.stopping();
        for (auto& [device_name, device] : targets_) {
            device->retry.cancel();
            // A coroutine that is cancelled before its first line throws out of the loop.
            if (device->begun) device->stop.emit(asio::cancellation_type::terminal);
        }
        desk_.stop();
        presences_.stop();
        asio::co_spawn(loop_, wind_down(), asio::detached);
    }

    asio::awaitable<void> wind_down() {
        if (!is_guest()) say_offline();
        co_await delivery_.stop(exit_code_ != 0           ? Delivery::Ending::at_once
                                : began_anew_ && !reload_ ? Delivery::Ending::flush_when_connected
                                                          : Delivery::Ending::flush);
        events_.stop();
        if (http_) http_->stop();
        if (sessions_ > 0) {
            sessions_ended_.expires_after(session_deadline);
            co_await sessions_ended_.async_wait(token);
        }
        if (!is_guest()) log_.info("bridge", "stopped");
        loop_.stop();
    }

    void say_offline() {
        for (auto const& [device_name, presence] : presences_.all()) {
            // What goes on with other settings does not go away for that.
            if (reload_ && (named_by_sample() || stays_.contains(device_name))) continue;
            delivery_.set_state(availability_topic(device_name), "offline");
            announcer_.tell(device_name, Homie::State::disconnected);
        }
        announcer_.stop();
        if (!reload_) delivery_.set_state(state_topic(), "offline");
    }

    BridgeProgram const& program_;
    BridgeSettings settings_;
    Recordings& recordings_;
    bool check_;
    std::string instance_ = fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}());
    Reread reread_;
    KeptSignals& signals_;
    bool began_anew_;  ///< after a reload, in the same process
    Log log_;
    Metrics metrics_;
    asio::io_context loop_{1};
    asio::signal_set work_signal_;
    asio::signal_set hangup_;
    asio::steady_timer deadline_;
    asio::steady_timer clock_timer_;
    asio::steady_timer health_timer_;
    asio::steady_timer sessions_ended_;
    Service service_;
    Presences presences_;
    FieldTable fields_ = program_.fields();
    Delivery delivery_;
    CommandDesk desk_;
    Announcer announcer_;
    EventKeeper events_;
    Sequence sequence_;
    ClockGate clock_gate_;
    SupervisedTargets targets_;
    BridgeStatus status_;
    std::optional<Replay> replay_;
    std::map<std::string, Timestamp> newest_;  ///< by topic
    std::unique_ptr<HttpServer> http_;
    std::set<std::string> others_;  ///< instances under the same topic
    std::set<std::string> stays_;   ///< devices that the settings read anew have too
    bool broker_answered_ = false;
    int sessions_ = 0;
    bool stopping_ = false;
    bool reload_ = false;
    int exit_code_ = 0;
};

}  // namespace

int run_bridge_program(std::function<BridgeProgram()> const& make, int argc, char** argv) {
    auto setup = std::make_unique<Setup>(make());
    auto const start = start_program(setup->options, setup->settings.program, argc, argv);
    if (start.exit_code) return *start.exit_code;
    if (auto const work = setup->has_work(start.mode); !work) {
        fmt::print(stderr, "{}: {}\n", setup->program.facts.program, work.error().detail);
        return 2;
    }
    bool const check = start.mode == Options::Mode::check;
    auto recordings = open_recordings(*setup, check);
    if (!recordings) {
        fmt::print(stderr, "{}: {}\n", setup->program.facts.program, recordings.error().detail);
        return recordings.error().code == Errc::config ? 2 : 1;
    }
    KeptSignals signals;
    for (bool began_anew = false;; began_anew = true) {
        std::unique_ptr<Setup> next;
        Reread const reread = [&]() -> Result<std::vector<Target>> {
            auto read = std::make_unique<Setup>(make());
            auto const mode =
                read->options.parse(std::vector<std::string>(argv + 1, argv + argc), process_environment());
            if (!mode) return mode.error();
            auto const work = read->has_work(*mode);
            if (!work) return work.error();
            next = std::move(read);
            return next->program.targets();
        };
        auto const ended = Bridge(*setup, *recordings, check, reread, signals, began_anew).run();
        if (!ended.reload) return ended.exit_code;
        setup = std::move(next);
    }
}

}  // namespace bridge
