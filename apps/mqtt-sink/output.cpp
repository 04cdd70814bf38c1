// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

namespace sink {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr bridge::Backoff::Limits retry = {milliseconds(500), milliseconds(60'000)};
/// Least time between two requests that do not follow a full one: what comes meanwhile goes together.
constexpr auto pace = milliseconds(100);
/// What one question to the store brings: it takes the database thread some milliseconds.
constexpr std::size_t slice_rows = 2000;
constexpr std::size_t slice_bytes = 512UL * 1024;
/// What one request brings at most: more than one slice where the server is slower than the store.
constexpr std::size_t full_rows = 6000;
constexpr std::size_t full_bytes = 1024UL * 1024;
/// As long as it is not known whether the server takes anything, so that halving costs little.
constexpr std::size_t first_rows = 50;

std::int64_t now_ms() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Output::Output(OutputTarget const& target, Drain& drain, bridge::Metrics& metrics, bridge::Log log,
               asio::any_io_executor loop)
    : name_(target.name),
      address_(fmt::format("{} port {}", target.url.server.host, target.url.server.port)),
      delivery_(target),
      drain_(drain),
      log_(log),
      loop_(std::move(loop)),
      timer_(loop_),
      backoff_(retry, std::random_device{}()),
      rows_given_(metrics.counter("mqtt_sink_output_rows_given_total",
                                  "Rows that the output's server took, some of them twice.",
                                  {{"output", target.name}})),
      rows_refused_(metrics.counter("mqtt_sink_output_rows_refused_total",
                                    "Rows that the output's server will never take.",
                                    {{"output", target.name}})),
      failures_(metrics.counter("mqtt_sink_output_failures_total", "Tries that did not go on.",
                                {{"output", target.name}})),
      lag_(metrics.gauge("mqtt_sink_output_lag_rows",
                         "Rows of the store that the output's server has not got.",
                         {{"output", target.name}})),
      lag_seconds_(
          metrics.gauge("mqtt_sink_output_lag_seconds",
                        "How long ago the next row was measured that the output's server has not got.",
                        {{"output", target.name}})),
      most_rows_(first_rows) {}

void Output::start() { asio::co_spawn(loop_, run(shared_from_this()), asio::detached); }

void Output::wake() {
    woken_ = true;
    timer_.cancel();
}

void Output::stop() {
    stopping_ = true;
    timer_.cancel();
    delivery_.close();
}

void Output::measure() {
    if (!cursor_) return;
    auto const rows = drain_.last_arrival() - cursor_->taken();
    lag_.set(static_cast<double>(std::max<std::int64_t>(rows, 0)));
    auto const age_ms = rows > 0 && next_ts_ ? now_ms() - *next_ts_ : 0;
    lag_seconds_.set(static_cast<double>(std::max<std::int64_t>(age_ms, 0)) / 1000.0);
}

asio::awaitable<void> Output::run(std::shared_ptr<Output> self) {
    while (!self->stopping_) {
        auto const trouble = co_await self->work();
        if (self->stopping_) co_return;
        if (!trouble) {
            self->recover();
            co_await self->rest();
            continue;
        }
        self->fail(*trouble);
        if (!trouble->at_once) co_await self->pause(self->backoff_.next());
    }
}

asio::awaitable<void> Output::pause(milliseconds time) {
    auto const until = Clock::now() + time;
    while (!stopping_ && Clock::now() < until) {
        timer_.expires_at(until);
        co_await timer_.async_wait(token);
    }
}

/// Until there is something to do.
asio::awaitable<void> Output::rest() {
    if (more_) co_return;
    co_await pause(pace);
    if (woken_ || stopping_) co_return;
    timer_.expires_at(cursor_->in_doubt() ? cursor_->doubt_ends() : Clock::time_point::max());
    co_await timer_.async_wait(token);
}

// --- one round ---

asio::awaitable<Output::Outcome> Output::work() {
    if (!cursor_) {
        auto const lost = co_await find_place();
        if (lost) co_return lost;
    }
    if (!delivery_.greeting()) {
        auto const unread = co_await look_ahead();
        if (unread) co_return unread;
        auto const unheard = co_await delivery_.greet();
        if (unheard) co_return unheard;
    }
    woken_ = false;
    auto batch = co_await next_batch();
    if (!batch) co_return store_trouble(batch.error());
    auto const& rows = batch->lines.rows();
    if (!rows.empty()) next_ts_ = rows.front().ts;
    // Not before the server has taken something: until then requests are small.
    if (!batch->whole && most_rows_ == full_rows) gather_from(batch->up_to);
    auto const kept = co_await give(*batch);
    if (kept) co_return kept;
    more_ = !batch->whole;
    auto const doubtful = co_await confirm();
    co_return doubtful;
}

asio::awaitable<Output::Outcome> Output::find_place() {
    auto asking = drain_.position(name_);
    auto const position = co_await std::move(asking);
    if (!position) co_return store_trouble(position.error());
    cursor_.emplace(*position, Clock::now());
    co_return std::nullopt;
}

/// For the lag: when the next row was measured.
asio::awaitable<Output::Outcome> Output::look_ahead() {
    auto asking = drain_.rows_after(cursor_->taken(), 1, 1);
    auto const slice = co_await std::move(asking);
    if (!slice) co_return store_trouble(slice.error());
    next_ts_.reset();
    if (!slice->rows.empty()) next_ts_ = slice->rows.front().ts;
    co_return std::nullopt;
}

// --- the next batch, made while the server works on the last one ---

void Output::gather_from(std::int64_t number) {
    ahead_ = std::make_shared<Ahead>(loop_);
    asio::co_spawn(loop_, gather(shared_from_this(), ahead_, number), asio::detached);
}

/// Slice by slice, until somebody waits for what there is.
asio::awaitable<void> Output::gather(std::shared_ptr<Output> self, std::shared_ptr<Ahead> ahead,
                                     std::int64_t from) {
    Batch batch;
    batch.up_to = from;
    std::size_t const most = self->most_rows_;
    do {
        auto asking = self->drain_.rows_after(
            batch.up_to, std::min(slice_rows, most - batch.lines.rows().size()), slice_bytes);
        auto slice = co_await std::move(asking);
        if (!slice) {
            ahead->batch = slice.error();
            break;
        }
        // Nobody waits for it any more.
        if (self->ahead_ != ahead && !ahead->wanted) co_return;
        self->add(batch, std::move(*slice));
    } while (!ahead->wanted && !batch.whole && batch.lines.rows().size() < most &&
             batch.lines.text().size() < full_bytes);
    if (!ahead->batch) {
        batch.packed = self->delivery_.pack(batch.lines);
        ahead->batch = std::move(batch);
    }
    ahead->ready.cancel();
}

void Output::add(Batch& batch, Slice slice) const {
    batch.up_to = slice.up_to;
    batch.whole = slice.whole;
    std::erase_if(slice.rows, [this](StoredRow const& row) { return cursor_->leaves_out(row.id); });
    batch.lines.add(std::move(slice.rows), delivery_.greeting()->texts);
}

asio::awaitable<StoreResult<Output::Batch>> Output::next_batch() {
    if (!ahead_) gather_from(cursor_->taken());
    auto const ahead = std::exchange(ahead_, nullptr);
    ahead->wanted = true;
    while (!ahead->batch) {
        ahead->ready.expires_at(Clock::time_point::max());
        co_await ahead->ready.async_wait(token);
    }
    co_return std::move(*ahead->batch);
}

// --- giving it ---

asio::awaitable<Output::Outcome> Output::give(Batch& batch) {
    auto giving = delivery_.give(batch.lines, std::move(batch.packed));
    auto given = co_await std::move(giving);
    if (given.trouble) co_return std::move(given.trouble);
    if (!batch.lines.refused().empty()) {
        auto const unsaved = co_await save(batch.lines.refused());
        if (unsaved) co_return unsaved;
    }
    count(batch.lines, given.too_old);
    cursor_->take(batch.up_to);
    co_return std::nullopt;
}

/// Makes safe what an answer shows to be safe; after a while without rows it asks for an answer.
asio::awaitable<Output::Outcome> Output::confirm() {
    if (!cursor_->in_doubt() || Clock::now() < cursor_->doubt_ends()) co_return std::nullopt;
    if (delivery_.answered() < cursor_->doubt_ends()) {
        auto const unheard = co_await delivery_.hear();
        if (unheard) co_return unheard;
    }
    cursor_->confirm(delivery_.answered());
    if (!cursor_->has_news()) co_return std::nullopt;
    auto saving = save({});
    auto const unsaved = co_await std::move(saving);
    co_return unsaved;
}

asio::awaitable<Output::Outcome> Output::save(std::vector<LineBatch::Refused> refused) {
    OutputProgress progress{name_, cursor_->safe()};
    for (auto const& row : refused) progress.refused.push_back(row.what);
    auto saving = drain_.save(std::move(progress));
    auto const saved = co_await std::move(saving);
    if (!saved) co_return store_trouble(saved.error());
    cursor_->save();
    for (auto const& row : refused) cursor_->leave_out(row.row);
    co_return std::nullopt;
}

// --- what is made of it ---

void Output::count(LineBatch const& lines, std::size_t too_old) {
    std::size_t const refused = lines.refused().size() + too_old;
    rows_refused_.add(refused);
    rows_given_.add(lines.lines() - std::min(refused, lines.lines()));
    if (lines.lines() > 0) most_rows_ = full_rows;
    if (too_old == 0 || std::exchange(too_old_said_, true)) return;
    log_.warn("output", "too_old",
              {{"output", name_},
               {"detail", "rows are older than what the server keeps; they are counted as refused"}});
}

// --- trouble ---

Output::Trouble Output::store_trouble(StoreError const& error) {
    return {"store", "the store cannot be used now: " + error.detail};
}

void Output::fail(Trouble const& trouble) {
    most_rows_ = first_rows;
    ahead_.reset();
    if (trouble.server_gone && cursor_) cursor_->go_back(Clock::now());
    if (trouble.at_once) return;
    failures_.add();
    state_ = trouble.sentence;
    if (std::exchange(trouble_, trouble.kind) == trouble.kind) return;
    log_.warn(
        "output", "waiting",
        {{"output", name_}, {"server", address_}, {"error", trouble.kind}, {"detail", trouble.sentence}});
}

void Output::recover() {
    backoff_.reset();
    trouble_.clear();
    if (std::exchange(state_, "working") == "working") return;
    log_.info("output", "working",
              {{"output", name_}, {"server", address_}, {"product", delivery_.greeting()->product}});
}

}  // namespace sink
