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
        co_await self->let_end();
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
    auto const unknown = co_await meet();
    if (unknown) co_return unknown;
    woken_ = false;
    auto batch = co_await next_batch();
    if (!batch) co_return store_trouble(batch.error());
    more_ = !batch->whole;
    auto const kept = co_await give_beside(std::move(*batch));
    if (kept) co_return kept;
    auto const doubtful = co_await confirm();
    co_return doubtful;
}

/// Knows where to go on, and with whom it has to do.
asio::awaitable<Output::Outcome> Output::meet() {
    if (!cursor_) {
        auto const lost = co_await find_place();
        if (lost) co_return lost;
    }
    if (delivery_.greeting()) co_return std::nullopt;
    // What is under way met the fault, and says which.
    auto const kept = co_await end_all_but(0);
    if (kept) co_return kept;
    auto const unread = co_await look_ahead();
    if (unread) co_return unread;
    auto const unheard = co_await delivery_.greet();
    if (unheard) co_return unheard;
    texts_ = delivery_.greeting()->texts;
    co_return std::nullopt;
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
    batch.last = self->drain_.last_arrival();
    std::size_t const most = self->most_rows_;
    do {
        auto asking = self->drain_.rows_after(
            batch.up_to, std::min(slice_rows, most - batch.lines.rows().size()), slice_bytes);
        auto slice = co_await std::move(asking);
        if (!slice) {
            ahead->batch.bring(slice.error());
            co_return;
        }
        // Nobody waits for it any more.
        if (self->ahead_ != ahead && !ahead->wanted) co_return;
        self->add(batch, std::move(*slice));
    } while (!ahead->wanted && !batch.whole && batch.lines.rows().size() < most &&
             batch.lines.text().size() < full_bytes);
    batch.packed = self->delivery_.pack(batch.lines);
    ahead->batch.bring(std::move(batch));
}

void Output::add(Batch& batch, Slice slice) const {
    batch.up_to = slice.up_to;
    batch.whole = slice.whole;
    std::erase_if(slice.rows, [this](StoredRow const& row) { return cursor_->leaves_out(row.id); });
    batch.lines.add(std::move(slice.rows), texts_);
}

asio::awaitable<StoreResult<Output::Batch>> Output::next_batch() {
    if (!ahead_) gather_from(under_way_.empty() ? cursor_->taken() : under_way_.back()->batch.up_to);
    auto const ahead = std::exchange(ahead_, nullptr);
    ahead->wanted = true;
    auto batch = co_await ahead->batch.take();
    co_return batch;
}

// --- giving it ---

/// Beside the batch before it, as long as there is a backlog.
asio::awaitable<Output::Outcome> Output::give_beside(Batch batch) {
    // A row may have changed since the batch before was read: then its new value must arrive later.
    bool const beside = !under_way_.empty() && batch.up_to <= under_way_.back()->batch.last;
    auto const before = co_await end_all_but(beside ? 1 : 0);
    if (before) co_return before;
    // Not before the server has taken something: until then requests are small.
    bool const backlog = !batch.whole && most_rows_ == full_rows;
    if (backlog) gather_from(batch.up_to);
    begin(std::move(batch));
    auto const kept = co_await end_all_but(backlog ? 1 : 0);
    co_return kept;
}

void Output::begin(Batch batch) {
    std::size_t const lane = under_way_.empty() ? 0 : 1 - under_way_.back()->lane;
    under_way_.push_back(std::make_shared<Giving>(std::move(batch), lane, loop_));
    asio::co_spawn(loop_, give(shared_from_this(), under_way_.back()), asio::detached);
}

asio::awaitable<void> Output::give(std::shared_ptr<Output> self, std::shared_ptr<Giving> giving) {
    auto& [lines, packed, up_to, whole, last] = giving->batch;
    auto bringing = self->delivery_.give(lines, std::move(packed), giving->lane);
    giving->given.bring(co_await std::move(bringing));
}

/// In the order of the store, whichever is answered first.
asio::awaitable<Output::Outcome> Output::end_all_but(std::size_t left) {
    while (under_way_.size() > left) {
        auto const kept = co_await end_first();
        if (kept) co_return kept;
    }
    co_return std::nullopt;
}

asio::awaitable<Output::Outcome> Output::end_first() {
    auto const giving = under_way_.front();
    auto& batch = giving->batch;
    if (!batch.lines.rows().empty()) next_ts_ = batch.lines.rows().front().ts;
    auto given = co_await giving->given.take();
    under_way_.pop_front();
    if (given.trouble) co_return std::move(given.trouble);
    if (!batch.lines.refused().empty()) {
        auto const unsaved = co_await save(batch.lines.refused());
        if (unsaved) co_return unsaved;
    }
    count(batch.lines, given.too_old);
    cursor_->take(batch.up_to);
    co_return std::nullopt;
}

/// What is under way will be given again, and must not arrive after that.
asio::awaitable<void> Output::let_end() {
    auto const left = std::exchange(under_way_, {});
    for (auto const& giving : left) (void)co_await giving->given.take();
}

/// Makes safe what an answer shows to be safe; after a while without rows it asks for an answer.
asio::awaitable<Output::Outcome> Output::confirm() {
    if (!cursor_->in_doubt() || Clock::now() < cursor_->doubt_ends()) co_return std::nullopt;
    // A fault that is known already, and comes next.
    bool const fault = std::ranges::any_of(
        under_way_, [](auto const& giving) { return giving->given.here() && giving->given.here()->trouble; });
    if (fault) co_return std::nullopt;
    if (delivery_.answered() < cursor_->doubt_ends()) {
        if (!under_way_.empty()) co_return std::nullopt;
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
