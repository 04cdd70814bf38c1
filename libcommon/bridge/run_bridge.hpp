// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/backoff.hpp>
#include <bridge/command.hpp>
#include <bridge/events.hpp>
#include <bridge/field_table.hpp>
#include <bridge/house_device.hpp>
#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/recorder.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>
#include <bridge/settings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridge {

/// One connection's life to one device: returns when it ends, and why. It must end soon after a cancellation.
using Session = boost::asio::awaitable<Result<>>;

/// Who says what the devices are called.
enum class Naming {
    by_target,  ///< each target is one device, under its name
    /// Targets lead to devices that say in each sample who they are, and when they measured it by clocks of
    /// their own. A target is no device: it has no topics. A device is online from its first sample on and
    /// offline when none has come for `stale_after`, by whatever way they come.
    by_sample,
};

/// What a bridge is called and where its defaults are; all of it is the outside that users rely on.
struct BridgeFacts {
    std::string program;      ///< `mfm2mqtt`
    std::string base;         ///< first level of its topics and its section in settings: `mfm`
    std::string listen;       ///< default address for health and metrics
    std::string description;  ///< a sentence for `--help`
    Naming naming = Naming::by_target;
    Product product = {};
    /// A reading is true until the next one, however long that takes: results of tests, nodes that sleep.
    /// None expires; the device's availability has the say.
    bool lasting = false;
};

/// What one source is given. The loop, the log and the metrics outlive it.
struct SourceContext {
    boost::asio::any_io_executor loop;
    Log log;
    Metrics& metrics;
    Target target;
    std::string state_dir;  ///< folder for what must outlive a restart; empty: nothing is to be kept
    /// What may be wrong with a device (empty: the target) and whether it is, at `time`: a change is an
    /// event, and what holds is in the device's alerts. As `Events` has it.
    std::function<void(std::string const& device, Timestamp time, std::vector<Condition> const&)> conditions;
    /// What has happened to a device; of each id one event, also over restarts.
    std::function<void(std::string const& device, Occurrence const&)> occurred;
    /// Calls back once, on the loop, when the broker has acknowledged all that was emitted until then, be it
    /// while the program stops already. What is never said to be delivered may have to be emitted again.
    std::function<void(std::function<void()>)> when_delivered;
    /// How a part of the device does that has an interface of its own, `smart_home`; `trouble` empty: it
    /// answers. For `bridge/health`.
    std::function<void(std::string const& part, std::string const& trouble)> part;
    /// To be called with every frame that is given to the decoder, whatever becomes of it, and with the time
    /// that the decoder is given. For --record.
    std::function<void(Timestamp, Bytes)> record;
};

/// A device: settings, the fields that it gives, and a coroutine that reads it. `run` is started again after
/// it returned, with the waits that `retry` says; a sample given to `emit` proves that the device answers
/// (unless it was measured longer than `stale_after` ago), and `stale_after` without one that it does not.
/// `take` is what `run` does with a frame that it read: --replay gives it the frames of a recording, and
/// nothing else is called then. An error: the frame gave nothing. `redact`: see Redact. `Shared`: what all
/// sources of the program have in common, if anything.
template <class S, class... Shared>
concept Source = requires(S& source, SourceContext context, typename S::Settings& settings,
                          typename S::Settings const& read, Options& options, Emit emit, Bytes frame,
                          Pseudonyms& names, Shared&... shared) {
    { S::facts() } -> std::same_as<BridgeFacts>;
    {S::Settings::bind(options, settings)};
    { read.targets } -> std::convertible_to<std::vector<Target>>;
    { read.stale_after() } -> std::same_as<std::chrono::milliseconds>;
    { read.retry(Target{}) } -> std::same_as<Backoff::Limits>;
    { read.fields() } -> std::same_as<FieldTable>;
    {S(context, read, shared...)};
    { source.run(emit) } -> std::same_as<Session>;
    { source.take(frame, Timestamp{}, emit) } -> std::same_as<Result<>>;
    { S::redact(frame, names) } -> std::same_as<Result<std::string>>;
};

/// A source that holds back what it was given, as until an interval ends: at the end of a session it gives
/// what there is, and forgets what is true of one session only. `run` does that too.
template <class S>
concept HoldsBack = requires(S& source, Emit const& emit) {
    source.finish(emit);
};

/// A source whose devices also publish by themselves: the topics where they do, and what becomes of a
/// message. Not asked by --once, --check and --dry-run.
template <class S, class... Shared>
concept Listens = requires(SourceContext const& context, typename S::Settings const& read,
                           MqttMessage const& message, Emit const& emit, Shared&... shared) {
    { read.topics() } -> std::same_as<std::vector<std::string>>;
    {S::hear(context, message, emit, shared...)};
};

/// A source whose device can be told something: those of its fields that are `settable`, with a value in
/// their range, while the device answers. Called on the loop; the source takes its time, one request after
/// the other.
template <class S>
concept Obeys = requires(S& source, SetRequest request) {
    source.obey(std::move(request));
};

/// A source without its type.
struct MadeSource {
    std::function<Session(Emit)> run;
    std::function<Result<>(Bytes, Timestamp, Emit const&)> take;
    std::function<void(Emit const&)> finish = [](Emit const&) {};
    std::function<void(SetRequest)> obey = {};  ///< empty: nobody does
};

/// A bridge without the type of its sources, for the part of `run_bridge` that is compiled once.
struct BridgeProgram {
    BridgeFacts facts;
    std::function<void(Options&)> bind;
    std::function<std::vector<Target>()> targets;
    std::function<std::chrono::milliseconds()> stale_after;
    std::function<Backoff::Limits(Target const&)> retry;
    std::function<FieldTable()> fields;  ///< what its devices give, under these settings
    std::function<MadeSource(SourceContext)> make;
    Redact redact;
    std::function<std::vector<std::string>()> topics = [] { return std::vector<std::string>(); };
    std::function<void(SourceContext const&, MqttMessage const&, Emit const&)> hear = {};
};
/// `make` is called at the start, and again when settings are to be read anew.
[[nodiscard]] int run_bridge_program(std::function<BridgeProgram()> const& make, int argc, char** argv);

/// A whole bridge: settings, one supervised source for each configured target, MQTT, health, signals; returns
/// the exit code. A main() is this one call. `shared` is given to each source when it is made.
template <class S, class... Shared>
requires Source<S, Shared...>
[[nodiscard]] int run_bridge(int argc, char** argv, Shared&... shared) {
    auto const make = [&] {
        auto const settings = std::make_shared<typename S::Settings>();
        BridgeProgram program{
            S::facts(),
            [settings](Options& options) { S::Settings::bind(options, *settings); },
            [settings] { return settings->targets; },
            [settings] { return settings->stale_after(); },
            [settings](Target const& target) { return settings->retry(target); },
            [settings] { return settings->fields(); },
            [&, settings](SourceContext context) {
                auto source = std::make_shared<S>(std::move(context), *settings, shared...);
                MadeSource made;
                made.run = [source](Emit emit) { return source->run(std::move(emit)); };
                made.take = [source](Bytes frame, Timestamp received, Emit const& emit) {
                    return source->take(frame, received, emit);
                };
                if constexpr (HoldsBack<S>)
                    made.finish = [source](Emit const& emit) { source->finish(emit); };
                if constexpr (Obeys<S>)
                    made.obey = [source](SetRequest request) { source->obey(std::move(request)); };
                return made;
            },
            S::redact,
        };
        if constexpr (Listens<S, Shared...>) {
            program.topics = [settings] { return settings->topics(); };
            program.hear = [&](SourceContext const& context, MqttMessage const& message, Emit const& emit) {
                S::hear(context, message, emit, shared...);
            };
        }
        return program;
    };
    return run_bridge_program(make, argc, argv);
}

}  // namespace bridge
