// SPDX-License-Identifier: MIT
#include "backfill.hpp"

#include "cursor.hpp"
#include "line_delivery.hpp"
#include "progress.hpp"
#include "settings.hpp"
#include "store_reader.hpp"
#include "time_text.hpp"

#include <bridge/backoff.hpp>
#include <bridge/program.hpp>
#include <bridge/text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace sink {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Outcome = LineDelivery::Outcome;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr bridge::Backoff::Limits retry = {milliseconds(500), milliseconds(5'000)};
/// So long a database may be away; then it is for a person.
constexpr auto patience = std::chrono::seconds(30);
constexpr std::size_t slice_rows = 2000;
constexpr std::size_t slice_bytes = 512UL * 1024;
/// The store is read in pieces of time, so that what is given has an end.
constexpr std::int64_t piece_ms = 3'600'000;

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string time_text(std::int64_t ms) {
    auto const time = std::chrono::sys_time<milliseconds>(milliseconds(ms));
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", std::chrono::floor<std::chrono::seconds>(time),
                       ms % 1000);
}

/// What is asked for.
struct Setup {
    Setup() {
        Settings::bind(options, settings);
        bridge::ProgramSettings::bind(options, program, "off");
        options.add_run_value("from", from,
                              "give what was measured from then on: unix milliseconds, 2026-08-01T07:40:00Z"
                              " (UTC), or -7d");
        options.add_run_value("to", to, "and until then; also now");
        options.add_run_value("output", output, "to this output; without it, to all of [influx] url");
        options.require([this] { return check(); });
    }
    Setup(Setup const&) = delete;
    Setup& operator=(Setup const&) = delete;

    [[nodiscard]] bridge::Result<> check() {
        auto const wrong = [](std::string sentence) {
            return bridge::Error{bridge::Errc::config, std::move(sentence)};
        };
        auto const start = parse_time(from, now());
        auto const end = parse_time(to, now());
        constexpr auto forms = "unix milliseconds, a time in UTC like 2026-08-01T07:40:00Z, now, or -7d";
        if (!start) return wrong(fmt::format("--from = {}: must be {}", bridge::quote(from), forms));
        if (!end) return wrong(fmt::format("--to = {}: must be {}", bridge::quote(to), forms));
        if (*end < *start) return wrong("--to is before --from");
        range = {start->time_since_epoch().count(), end->time_since_epoch().count()};
        std::string names;
        for (auto const& target : settings.outputs()) {
            if (output.empty() || output == target.name) targets.push_back(target);
            names += (names.empty() ? "" : ", ") + target.name;
        }
        if (names.empty()) return wrong("there is no output: set [influx] url");
        if (targets.empty())
            return wrong(fmt::format("--output = {}: must be one of {}", bridge::quote(output), names));
        return {};
    }

    bridge::Options options{
        "mqtt-sink backfill", "sink",
        "Gives what was measured in a piece of time once more to the outputs. The sink may"
        " run meanwhile; giving it twice changes nothing."};
    Settings settings;
    bridge::ProgramSettings program;
    std::string from, to, output;

    TimeRange range;  ///< once the rules are passed, as is the next
    std::vector<OutputTarget> targets;
};

/// One output's.
class Backfill {
  public:
    Backfill(OutputTarget const& target, StoreReader& reader, TimeRange range, asio::io_context& loop)
        : name_(target.name),
          reader_(reader),
          range_(range),
          delivery_(target),
          cursor_(range.from, Clock::now()),
          timer_(loop),
          backoff_(retry, std::random_device{}()),
          went_on_(Clock::now()) {}

    /// True if the output has everything.
    asio::awaitable<bool> run() {
        for (;;) {
            auto const trouble = co_await work();
            if (!trouble) break;
            if (!trouble->at_once && Clock::now() - went_on_ > patience) {
                give_up(trouble->sentence);
                co_return false;
            }
            if (trouble->server_gone) cursor_.go_back(Clock::now());
            if (trouble->at_once) continue;
            if (std::exchange(said_, trouble->sentence) != trouble->sentence)
                progress_.say(fmt::format("output {}: {}; it is tried again", name_, trouble->sentence));
            timer_.expires_after(backoff_.next());
            co_await timer_.async_wait(token);
        }
        progress_.show(1, fmt::format("{} rows", rows_));
        co_return refused_ == 0;
    }

    void close() { delivery_.close(); }
    [[nodiscard]] std::string result() const {
        return fmt::format("output {}: {} rows given, {} refused, {} older than what it keeps", name_,
                           rows_ - refused_ - too_old_, refused_, too_old_);
    }

  private:
    using Clock = std::chrono::steady_clock;

    /// To the end, or to the next trouble.
    asio::awaitable<Outcome> work() {
        auto const unheard = co_await delivery_.greet();
        if (unheard) co_return unheard;
        LineBatch batch;
        std::int64_t at = cursor_.taken();
        while (at <= range_.to) {
            TimeRange const piece{at, std::min(at + piece_ms - 1, range_.to)};
            RowPlace place;
            for (bool whole = false; !whole;) {
                auto slice = reader_.rows_measured(piece, place, slice_rows, slice_bytes);
                if (!slice) co_return LineDelivery::Trouble{"store", slice.error().detail};
                whole = slice->whole;
                batch.add(std::move(slice->rows), delivery_.greeting()->texts);
                if (batch.rows().size() < slice_rows) continue;
                auto const kept = co_await give(batch);
                if (kept) co_return kept;
                show(at);
            }
            at = piece.to + 1;
            if (batch.rows().empty()) note(at);
        }
        auto const kept = co_await give(batch);
        if (kept) co_return kept;
        note(at);
        co_return std::nullopt;
    }

    asio::awaitable<Outcome> give(LineBatch& batch) {
        auto giving = delivery_.give(batch, delivery_.pack(batch));
        auto given = co_await std::move(giving);
        if (given.trouble) co_return std::move(given.trouble);
        for (auto const& refused : batch.refused())
            progress_.say(
                fmt::format("output {} refuses {}: {}", name_, refused.what.line, refused.what.sentence));
        rows_ += batch.rows().size();
        refused_ += batch.refused().size();
        too_old_ += given.too_old;
        batch = {};
        went_on_ = Clock::now();
        backoff_.reset();
        said_.clear();
        co_return std::nullopt;
    }

    /// All before this is given.
    void note(std::int64_t at) {
        cursor_.take(at);
        cursor_.confirm(delivery_.answered());
        show(at);
    }

    void show(std::int64_t at) {
        auto const done = static_cast<double>(at - range_.from);
        progress_.show(done / static_cast<double>(range_.to + 1 - range_.from),
                       fmt::format("{} rows", rows_));
    }

    void give_up(std::string const& sentence) {
        progress_.say(
            fmt::format("output {}: {}; given up. It has what was measured before {}: go on with"
                        " --from {}",
                        name_, sentence, time_text(cursor_.safe()), cursor_.safe()));
    }

    std::string name_;
    StoreReader& reader_;
    TimeRange range_;
    LineDelivery delivery_;
    Cursor cursor_;  ///< in unix ms: what was measured before is given
    asio::steady_timer timer_;
    bridge::Backoff backoff_;
    Clock::time_point went_on_;
    Progress progress_;
    std::string said_;  ///< the last trouble
    std::size_t rows_ = 0, refused_ = 0, too_old_ = 0;
};

/// Where there are rows; nothing if there are none.
StoreResult<std::optional<TimeRange>> narrowed(StoreReader& reader, TimeRange range) {
    auto const stored = reader.measured_range();
    if (!stored) return stored.error();
    if (!*stored) return std::optional<TimeRange>();
    TimeRange const both{std::max(range.from, (*stored)->from), std::min(range.to, (*stored)->to)};
    return both.from <= both.to ? std::optional(both) : std::nullopt;
}

bool give(OutputTarget const& target, StoreReader& reader, TimeRange range) {
    asio::io_context loop(1);
    Backfill work(target, reader, range, loop);
    bool complete = false;
    asio::co_spawn(loop, work.run(), [&](std::exception_ptr, bool done) {
        complete = done;
        work.close();
    });
    loop.run();
    fmt::print("{}\n", work.result());
    return complete;
}

}  // namespace

int backfill(int argc, char** argv) {
    Setup setup;
    auto const start = bridge::start_program(setup.options, setup.program, argc, argv);
    if (start.exit_code) return *start.exit_code;
    if (start.mode == bridge::Options::Mode::check) {
        fmt::print(stderr, "mqtt-sink backfill: nothing to check: mqtt-sink --check tries the outputs\n");
        return 2;
    }
    auto reader = StoreReader::open(setup.settings.database_path());
    auto const range =
        reader ? narrowed(*reader, setup.range) : StoreResult<std::optional<TimeRange>>(reader.error());
    if (!range) {
        fmt::print(stderr, "database {}: {}\n", setup.settings.database_path(), range.error().detail);
        return 1;
    }
    if (!*range) {
        fmt::print("Nothing was measured in that time.\n");
        return 0;
    }
    bool complete = true;
    for (auto const& target : setup.targets) complete = give(target, *reader, **range) && complete;
    return complete ? 0 : 1;
}

}  // namespace sink
