// SPDX-License-Identifier: MIT
#include "decode.hpp"
#include "download.hpp"
#include "introspect.hpp"
#include "ledger.hpp"
#include "publication.hpp"
#include "redact.hpp"
#include "settings.hpp"

#include <bridge/clock_gate.hpp>
#include <bridge/other_thread.hpp>
#include <bridge/run_bridge.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mastertronic {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

asio::awaitable<Result<Examination>> examined(Download download) { co_return examine(download); }

/// One device: downloads its dump on schedule and publishes each result once. On the loop, but for the
/// reading of a dump, which has a thread of its own: a large one takes seconds on a small computer.
class WaterTester {
  public:
    using Settings = mastertronic::Settings;

    static bridge::BridgeFacts facts() {
        return {"mastertronic2mqtt",
                "mastertronic",
                "127.0.0.1:9303",
                "Publishes the test results of a Mastertronic, from its database dump, to MQTT. "
                "`mastertronic2mqtt introspect FILE` and `introspect --host ...` show what a dump holds.",
                bridge::Naming::by_target,
                {"Water tester", "Wassertester", "watertester", "Focustronic", "Mastertronic"},
                true};
    }

    WaterTester(bridge::SourceContext context, Settings const& settings)
        : context_(std::move(context)),
          settings_(settings),
          ledger_(file("published")),
          publication_(read_ledger()),
          timer_(context_.loop) {}

    bridge::Session run(bridge::Emit emit) {
        // A cancellation is answered where it is looked for; it must not be thrown out of here.
        co_await asio::this_coro::throw_if_cancelled(false);
        emit_ = std::move(emit);
        Result<> ended;
        while (ended) {
            auto reading = read_device();
            auto read = co_await std::move(reading);
            if (read) {
                give(std::move(*read));
                timer_.expires_after(publication_.unconfirmed() ? settings_.until_confirmed()
                                                                : settings_.interval);
                auto [cancelled] = co_await timer_.async_wait(token);
                if (cancelled) ended = Error{Errc::closed, "stopped"};
            } else {
                ended = count_refused(read.error());
            }
        }
        answering_ = false;
        co_return ended;
    }

    /// A dump.
    Result<> take(bridge::Bytes dump, bridge::Timestamp received, bridge::Emit const& emit) {
        auto examination = examine({std::string(bridge::as_text(dump)), digest_, file("db"), received});
        if (!examination) return count_refused(examination.error());
        emit_ = emit;
        give(std::move(*examination));
        return {};
    }

    static Result<std::string> redact(bridge::Bytes dump, bridge::Pseudonyms&) {
        return mastertronic::redact(dump);
    }

  private:
    asio::awaitable<Result<Examination>> read_device() {
        auto downloading = download(settings_.address_of(context_.target), settings_.timeout);
        auto bytes = co_await std::move(downloading);
        if (!bytes) co_return bytes.error();
        Download got{std::move(*bytes), digest_, file("db"), bridge::Clocks::now().wall};
        context_.record(got.received, bridge::as_bytes(got.bytes));
        auto examining = examined(std::move(got));
        auto [thrown, examination] =
            co_await asio::co_spawn(reader_, std::move(examining), bridge::waiting_here());
        if (thrown) co_return Error{Errc::io, "no memory to read the dump"};
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return Error{Errc::closed, "stopped"};
        co_return std::move(examination);
    }

    void give(Examination examination) {
        answering_ = true;
        // Which times can be was judged by the host's clock: before that is set the same bytes say less.
        digest_ = clock_is_set() ? std::move(examination.digest) : "";
        if (!examination.kept) tell("copy", examination.kept.error());
        if (examination.dump) {
            own_ = own_sample(*examination.dump, examination.received);
            count_left_out(*examination.dump);
            publication_.take(std::move(examination.dump->results));
        } else {
            own_.time = examination.received;
            publication_.take_again();
        }
        counter("dumps_total", "Dumps that were read.").add();
        emit_(own_);
        publish();
    }

    [[nodiscard]] static bool clock_is_set() { return bridge::is_set(bridge::Clocks::now().wall); }

    void publish() {
        if (!answering_ || !clock_is_set()) return;
        auto const batch = publication_.next();
        if (batch.empty()) return;
        for (auto const& [result, past] : batch) {
            auto sample = to_sample(result);
            sample.past = past;
            emit_(std::move(sample));
        }
        context_.when_delivered([this] { note_delivered(); });
    }

    void note_delivered() {
        auto const results = publication_.delivered();
        auto const kept = ledger_.append(results);
        if (!kept) tell("ledger", kept.error());
        counter("results_total", "Results that were published.").add(results.size());
        publish();
    }

    /// In the folder for what outlives a restart; empty where there is none.
    [[nodiscard]] std::string file(std::string const& kind) const {
        if (context_.state_dir.empty()) return {};
        return context_.state_dir + "/" + context_.target.name + "." + kind;
    }

    [[nodiscard]] Published read_ledger() {
        auto published = ledger_.read();
        if (published) return std::move(*published);
        tell("ledger", published.error());
        return {};
    }

    /// Trouble with what is kept here, said once as long as it is the same.
    void tell(std::string_view at, Error const& error) {
        if (std::exchange(told_, error.detail) == error.detail) return;
        context_.log.warn(
            at, "not_kept",
            {{"device", context_.target.name}, {"error", to_string(error.code)}, {"detail", error.detail}});
    }

    [[nodiscard]] bridge::Counter& counter(std::string const& name, std::string const& help) {
        return context_.metrics.counter("mastertronic2mqtt_" + name, help,
                                        {{"device", context_.target.name}});
    }

    [[nodiscard]] Error count_refused(Error const& error) {
        context_.metrics
            .counter("mastertronic2mqtt_refused_dumps_total", "Downloads that gave no dump.",
                     {{"device", context_.target.name}, {"reason", std::string(to_string(error.code))}})
            .add();
        return error;
    }

    void count_left_out(Dump const& dump) {
        for (std::size_t reason = 0; reason < left_out_kinds; ++reason) {
            context_.metrics
                .gauge("mastertronic2mqtt_left_out_rows", "Rows of the newest dump that are no results.",
                       {{"device", context_.target.name},
                        {"reason", std::string(to_string(static_cast<LeftOut>(reason)))}})
                .set(static_cast<double>(dump.left_out[reason]));
        }
    }

    bridge::SourceContext context_;
    Settings settings_;
    Ledger ledger_;
    std::string told_;
    Publication publication_;
    asio::steady_timer timer_;
    asio::thread_pool reader_{1};
    bridge::Emit emit_;
    bridge::Sample own_;
    std::string digest_;
    bool answering_ = false;
};

}  // namespace

}  // namespace mastertronic

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments.front() == "introspect") {
        return mastertronic::run_introspect({arguments.begin() + 1, arguments.end()});
    }
    return bridge::run_bridge<mastertronic::WaterTester>(argc, argv);
}
