// SPDX-License-Identifier: MIT
#include "controller.hpp"
#include "decode.hpp"
#include "field_metrics.hpp"
#include "fields.hpp"
#include "metric_file.hpp"
#include "redact.hpp"

#include <bridge/run_bridge.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
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
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr auto busy_wait = seconds(5);
constexpr int busy_tries = 3;
/// What is published on change is published this often all the same.
constexpr auto heartbeat = std::chrono::hours(24);

struct Settings {
    std::vector<bridge::Target> targets;
    std::uint16_t port = 8889;
    milliseconds interval{30000};
    bool all_fields = false;
    std::string metrics_file;

    static void bind(Options& options, Settings& settings);
    /// Past the longest poll; a failed one says so at once.
    [[nodiscard]] milliseconds stale_after() const { return interval + seconds(60); }
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const&) const { return {}; }
    [[nodiscard]] static bridge::FieldTable fields() { return luxtronik::fields(); }
};

void Settings::bind(Options& options, Settings& settings) {
    options.add_targets("luxtronik", "host", settings.targets, "heatpump",
                        "the controller: host or host:port; name=host,name=host for several");
    options.add("luxtronik", "port", settings.port, "TCP port where --host names none (8888 before V1.73)")
        .range(1, 65535);
    options.add("luxtronik", "interval", settings.interval, "one reading in this time").range(1, 86400);
    options.add(
        "luxtronik", "all_fields", settings.all_fields,
        "publish every value of the controller: those without a name of ours under its own identifier");
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
            auto const address = bridge::parse_address(target.address, settings.port);
            if (!address)
                return Error{Errc::config,
                             "[luxtronik] host = \"" + target.address + "\": " + address.error().detail};
        }
        return {};
    });
}

/// One heat pump: polls its controller, each time over a new connection, until a poll fails.
class HeatPump {
  public:
    using Settings = luxtronik::Settings;

    static bridge::BridgeFacts facts() {
        return {"luxtronik2mqtt",
                "luxtronik",
                "127.0.0.1:9302",
                "Publishes the readings of heat pumps with a Luxtronik 2 controller to MQTT; it only reads.",
                bridge::Naming::by_target,
                {"Heat pump", "Wärmepumpe", "heatpump", "", "Luxtronik 2"}};
    }

    HeatPump(bridge::SourceContext context, Settings const& settings)
        : context_(std::move(context)),
          interval_(settings.interval),
          selection_(settings.all_fields ? Selection::all : Selection::named),
          timer_(context_.loop),
          metrics_(context_.metrics, context_.target.name, settings.fields(), chosen_metrics(settings)) {
        // Checked while the settings were read.
        if (auto const address = bridge::parse_address(context_.target.address, settings.port))
            address_ = *address;
    }

    bridge::Session run(bridge::Emit emit) {
        auto reading = read(std::move(emit));
        Result<> ended = co_await std::move(reading);
        metrics_.clear();
        co_return ended;
    }

    /// What one poll brought.
    Result<> take(bridge::Bytes blocks, bridge::Timestamp measured, bridge::Emit const& emit) {
        context_.record(measured, blocks);
        auto samples = decode(blocks, measured, selection_);
        if (!samples) return samples.error();
        note_lengths(blocks);
        if (samples->empty() || !samples->front().channel.empty()) {
            return Error{Errc::out_of_range, "the controller has no values"};
        }
        if (auto const happened = history(blocks)) {
            for (auto const& occurrence : *happened) context_.occurred("", occurrence);
        }
        metrics_.show_chosen(blocks);
        for (auto& sample : *samples) {
            metrics_.show(sample);
            if (sample.channel.empty() || is_due(sample)) emit(std::move(sample));
        }
        return {};
    }

    static Result<std::string> redact(bridge::Bytes blocks, bridge::Pseudonyms&) {
        return luxtronik::redact(blocks);
    }

  private:
    struct Published {
        std::vector<bridge::Reading> readings;
        bridge::Timestamp when;
    };

    bridge::Session read(bridge::Emit emit) {
        int busy = 0;
        for (auto next = Clock::now();; next = std::max(next + interval_, Clock::now())) {
            auto polling = poll(address_, {});
            Result<Poll> const polled = co_await std::move(polling);
            Result<> const taken =
                polled ? take(polled->blocks, polled->measured, emit) : Result<>(polled.error());
            if (taken) {
                busy = 0;
                timer_.expires_at(next + interval_);
            } else {
                count_failure(taken.error());
                if (taken.error().code != Errc::unsupported || ++busy > busy_tries) co_return taken.error();
                timer_.expires_after(busy_wait);
            }
            auto [cancelled] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
            if (cancelled) co_return Error{Errc::closed, cancelled.message()};
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
    bridge::Address address_;
    milliseconds interval_;
    Selection selection_;
    asio::steady_timer timer_;
    FieldMetrics metrics_;
    std::map<std::string, Published> published_;  ///< by channel
    Lengths lengths_;
};

}  // namespace

}  // namespace luxtronik

int main(int argc, char** argv) { return bridge::run_bridge<luxtronik::HeatPump>(argc, argv); }
