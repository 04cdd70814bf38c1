// SPDX-License-Identifier: MIT
#include "controller.hpp"
#include "day_channel.hpp"
#include "decode.hpp"
#include "discover.hpp"
#include "field_metrics.hpp"
#include "fields.hpp"
#include "metric_file.hpp"
#include "performance.hpp"
#include "redact.hpp"
#include "smart_home.hpp"
#include "smart_home_session.hpp"
#include "whereabouts.hpp"
#include "writable.hpp"
#include "writer.hpp"

#include <bridge/run_bridge.hpp>

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
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
using bridge::Options;
using bridge::Result;
using bridge::Sample;
using State = bridge::Outcome::State;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr auto busy_wait = seconds(5);
constexpr int busy_tries = 3;
/// What is published on change is published this often all the same.
constexpr auto heartbeat = std::chrono::hours(24);

/// How long a connection to the controller lasts.
enum class Connection { short_one, persistent };

struct Settings {
    std::vector<bridge::Target> targets = {{"heatpump", "search"}};
    std::uint16_t port = 8889;
    milliseconds interval{30000};
    Connection connection = Connection::short_one;
    bool all_fields = false;
    std::string write;  ///< names with commas between
    bool smart_home = false;
    std::uint16_t smart_home_port = 502;
    milliseconds smart_home_grace{300000};
    std::string metrics_file;

    static void bind(Options& options, Settings& settings);
    /// Past the longest poll; a failed one says so at once.
    [[nodiscard]] milliseconds stale_after() const { return interval + seconds(60); }
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const&) const { return {}; }
    [[nodiscard]] bridge::FieldTable fields() const {
        auto const names = read_names(write);
        auto table = only_settable(luxtronik::fields(), names ? *names : std::vector<std::string>());
        if (!smart_home)
            std::erase_if(table, [](auto const& field) { return field.channel == "smart_home"; });
        return table;
    }
};

void Settings::bind(Options& options, Settings& settings) {
    options.add_targets(
        "luxtronik", "host", settings.targets, "heatpump",
        "the controller: host or host:port; name=host,name=host for several; search looks for "
        "the one in this network, search:ADDRESS by another broadcast address");
    options.add("luxtronik", "port", settings.port, "TCP port where --host names none (8888 before V1.73)")
        .range(1, 65535);
    options.add("luxtronik", "interval", settings.interval, "one reading in this time").range(1, 86400);
    options.add_choice<Connection>(
        "luxtronik", "connection", settings.connection,
        "short: one for each reading, so that others find room; persistent: one that is kept",
        {{"short", Connection::short_one}, {"persistent", Connection::persistent}});
    options.add(
        "luxtronik", "all_fields", settings.all_fields,
        "publish every value of the controller: those without a name of ours under its own identifier");
    options
        .add("luxtronik", "write", settings.write,
             fmt::format("settings that may be changed over MQTT, with commas between; empty: none. There "
                         "are {}; with "
                         "smart_home also {}",
                         fmt::join(writable_names(), ", "), fmt::join(override_names(), ", ")))
        .check([](std::string_view text) -> Result<> {
            auto const names = read_names(text);
            return names ? Result<>() : Result<>(names.error());
        });
    options.add("luxtronik", "smart_home", settings.smart_home,
                "use the Smart Home Interface too (Modbus TCP, firmware from V3.90.1 on)");
    options.add("luxtronik", "smart_home_port", settings.smart_home_port, "its TCP port").range(1, 65535);
    options
        .add("luxtronik", "smart_home_grace", settings.smart_home_grace,
             "overrides are let go when the broker has been away for so long")
        .range(1, 86400);
    options
        .add("luxtronik", "metrics_file", settings.metrics_file,
             "names for /metrics, in the form of heatpump.py's metric.yml; empty: its fourteen")
        .readable_file()
        .check([](std::string_view path) -> Result<> {
            if (path.empty()) return {};
            auto const read = read_metric_file(std::string(path));
            return read ? Result<>() : Result<>(read.error());
        });
    options.require([&settings]() -> Result<> {
        for (auto const& target : settings.targets) {
            auto const place = Whereabouts::read(target.address, settings.port);
            if (!place)
                return Error{Errc::config,
                             "[luxtronik] host = \"" + target.address + "\": " + place.error().detail};
        }
        auto const names = read_names(settings.write);
        for (auto const& name : names ? *names : std::vector<std::string>()) {
            if (holding_named(name) && !settings.smart_home)
                return Error{Errc::config, "[luxtronik] write = \"" + name + "\" needs smart_home"};
        }
        return {};
    });
}

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
          interval_(settings.interval),
          selection_(settings.all_fields ? Selection::all : Selection::named),
          connection_(settings.connection),
          timer_(context_.loop),
          place_(place_of(context_.target, settings.port)),
          controller_(context_.loop, {}),
          writer_(context_.loop, controller_, budget_file()),
          metrics_(context_.metrics, context_.target.name, settings.fields(), chosen_metrics(settings)),
          day_(context_.state_dir.empty() ? "" : context_.state_dir + "/day-" + context_.target.name,
               context_.target.name, context_.log),
          backoff_({}, std::random_device{}()) {
        if (!settings.smart_home) return;
        // Its host is where the controller is found.
        bridge::Address const address{"", settings.smart_home_port};
        smart_home_ = std::make_unique<SmartHomeSession>(
            context_, SmartHomeSession::Settings{address, interval_, settings.smart_home_grace, selection_});
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
        context_.record(measured, blocks);
        auto samples = decode(blocks, measured, selection_);
        if (!samples) return samples.error();
        if (begins_smart_home(blocks)) return show(std::move(*samples), emit);
        note_lengths(blocks);
        if (samples->empty() || !samples->front().channel.empty()) {
            return Error{Errc::out_of_range, "the controller has no values"};
        }
        if (auto const happened = history(blocks)) {
            for (auto const& occurrence : *happened) context_.occurred("", occurrence);
        }
        performance_.add_to(samples->front());
        bridge::Sample const own = samples->front();
        metrics_.show_poll(blocks, *samples);
        for (auto& sample : *samples) {
            if (sample.channel.empty() || is_due(sample)) emit(std::move(sample));
        }
        day_.take(own, [&](Sample sample) {
            metrics_.show(sample);
            emit(std::move(sample));
        });
        return {};
    }

    static Result<std::string> redact(bridge::Bytes blocks, bridge::Pseudonyms&) {
        return luxtronik::redact(blocks);
    }

  private:
    Result<> show(std::vector<Sample> samples, bridge::Emit const& emit) {
        for (auto& sample : samples) {
            metrics_.show(sample);
            emit(std::move(sample));
        }
        return {};
    }

    struct Published {
        std::vector<bridge::Reading> readings;
        bridge::Timestamp when;
    };

    // Checked while the settings were read.
    static Whereabouts place_of(bridge::Target const& target, std::uint16_t port) {
        auto const place = Whereabouts::read(target.address, port);
        return place ? *place : Whereabouts();
    }

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
        day_.keep();
        metrics_.clear();
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
                            [this] {
                                metrics_.show({"", "smart_home", {}, {}});
                            }});
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
                next = std::max(next + interval_, Clock::now());
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
            if (connection_ == Connection::short_one) controller_.hang_up();
            if (written == Writer::Wrote::yes || Clock::now() >= until) co_return written;
            timer_.expires_at(until);
            auto [woken] = co_await timer_.async_wait(token);
            auto const cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none)
                co_return Error{Errc::closed, woken.message()};
        }
    }

    /// True if these settings are other than the last ones published, or those are a day old.
    bool is_due(Sample const& sample) {
        auto& last = published_[sample.channel];
        bool const same = last.readings == sample.readings;
        // Before: the clock was set back.
        if (same && sample.time >= last.when && sample.time - last.when < heartbeat) return false;
        last = {sample.readings, sample.time};
        return true;
    }

    void note_lengths(bridge::Bytes blocks) {
        auto const found = lengths(blocks);
        if (!found || std::exchange(lengths_, *found) == *found) return;
        context_.log.info("controller", "lengths",
                          {{"device", context_.target.name},
                           {"parameters", static_cast<std::int64_t>(found->parameters)},
                           {"calculations", static_cast<std::int64_t>(found->calculations)},
                           {"visibilities", static_cast<std::int64_t>(found->visibilities)}});
    }

    void count_failure(Error const& error) {
        context_.metrics
            .counter("luxtronik2mqtt_failed_polls_total", "Polls that gave nothing.",
                     {{"device", context_.target.name}, {"reason", std::string(to_string(error.code))}})
            .add();
    }

    static std::vector<ChosenMetric> chosen_metrics(Settings const& settings) {
        if (settings.metrics_file.empty()) return usual_metrics();
        auto const read = read_metric_file(settings.metrics_file);
        // Checked while the settings were read.
        return read ? *read : std::vector<ChosenMetric>();
    }

    bridge::SourceContext context_;
    milliseconds interval_;
    Selection selection_;
    Connection connection_;
    asio::steady_timer timer_;  ///< between two polls
    Whereabouts place_;
    std::string found_at_;  ///< as it was logged
    Controller controller_;
    Writer writer_;
    std::optional<Version> version_;           ///< as the last poll had it
    std::deque<bridge::SetRequest> requests_;  ///< oldest first
    FieldMetrics metrics_;
    std::map<std::string, Published> published_;  ///< by channel
    Lengths lengths_;
    Performance performance_;
    DayChannel day_;
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
