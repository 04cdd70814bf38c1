// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <bridge/text.hpp>

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

using Meaning = WriteAnswer::Meaning;
using std::chrono::milliseconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr bridge::Backoff::Limits retry = {milliseconds(500), milliseconds(60'000)};
/// Least time between two requests that do not follow a full one: what comes meanwhile goes together.
constexpr auto pace = milliseconds(100);
/// What one question to the store brings: it takes the database thread some milliseconds.
constexpr std::size_t full_rows = 2000;
constexpr std::size_t full_bytes = 512UL * 1024;
/// As long as it is not known whether the server takes anything, so that halving costs little.
constexpr std::size_t first_rows = 50;

std::string topic_of(StoredRow const& row) {
    std::string topic = row.base;
    if (!row.device.empty()) topic += "/" + row.device;
    if (!row.channel.empty()) topic += "/" + row.channel;
    return topic;
}

}  // namespace

Output::Output(OutputTarget const& target, Drain& drain, bridge::Metrics& metrics, bridge::Log log,
               asio::any_io_executor loop)
    : name_(target.name),
      address_(fmt::format("{} port {}", target.url.server.host, target.url.server.port)),
      server_(target),
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
      most_rows_(first_rows) {}

void Output::start() { asio::co_spawn(loop_, run(shared_from_this()), asio::detached); }

void Output::wake() {
    woken_ = true;
    timer_.cancel();
}

void Output::stop() {
    stopping_ = true;
    timer_.cancel();
    server_.close();
}

void Output::measure() {
    if (cursor_) lag_.set(static_cast<double>(drain_.last_arrival() - cursor_->taken()));
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
    if (!greeting_) {
        auto const unheard = co_await greet();
        if (unheard) co_return unheard;
    }
    woken_ = false;
    auto asking = drain_.rows_after(cursor_->taken(), most_rows_, full_bytes);
    auto slice = co_await std::move(asking);
    if (!slice) co_return store_trouble(slice.error());
    Batch batch(std::move(*slice));
    add_lines(batch);
    auto const kept = co_await give(batch);
    if (kept) co_return kept;
    more_ = !batch.slice.whole;
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

asio::awaitable<Output::Outcome> Output::greet() {
    bool const was_open = server_.is_open();
    auto greeting = co_await server_.greet();
    if (!greeting) co_return connection_trouble(greeting.error(), was_open);
    answered_ = Clock::now();
    greeting_ = std::move(*greeting);
    co_return std::nullopt;
}

asio::awaitable<Output::Outcome> Output::give(Batch& batch) {
    Halving halving(batch.ends.size());
    auto const interrupted = co_await write(batch, halving);
    if (interrupted) co_return interrupted;
    if (auto const sentence = halving.everything_refused()) co_return refused_trouble(*sentence);
    for (auto const& [line, sentence] : halving.lines_refused())
        batch.refuse(batch.slice.rows[batch.rows[line]], batch.lines({line, line + 1}), sentence);
    if (!batch.refused.empty()) {
        auto const unsaved = co_await save(batch);
        if (unsaved) co_return unsaved;
    }
    count(batch);
    cursor_->take(batch.slice.up_to);
    co_return std::nullopt;
}

asio::awaitable<Output::Outcome> Output::write(Batch& batch, Halving& halving) {
    while (auto const range = halving.next()) {
        bool const was_open = server_.is_open();
        std::string lines(batch.lines(*range));
        auto writing = server_.write(std::move(lines));
        auto const answer = co_await std::move(writing);
        if (!answer) co_return connection_trouble(answer.error(), was_open);
        answered_ = Clock::now();
        switch (answer->meaning) {
            case Meaning::taken:
                halving.taken();
                batch.too_old += answer->too_old;
                break;
            case Meaning::lines_refused:
                halving.refused(answer->sentence, answer->about_lines);
                break;
            case Meaning::too_large:
                halving.too_large(answer->sentence);
                break;
            case Meaning::not_now:
                co_return status_trouble(*answer);
        }
    }
    co_return std::nullopt;
}

/// Makes safe what an answer shows to be safe; after a while without rows it asks for an answer.
asio::awaitable<Output::Outcome> Output::confirm() {
    if (!cursor_->in_doubt() || Clock::now() < cursor_->doubt_ends()) co_return std::nullopt;
    if (answered_ < cursor_->doubt_ends()) {
        auto const unheard = co_await greet();
        if (unheard) co_return unheard;
    }
    cursor_->confirm(answered_);
    if (!cursor_->has_news()) co_return std::nullopt;
    Batch const nothing({});
    auto const unsaved = co_await save(nothing);
    co_return unsaved;
}

asio::awaitable<Output::Outcome> Output::save(Batch const& batch) {
    OutputProgress progress{name_, cursor_->safe(), batch.refused};
    auto saving = drain_.save(std::move(progress));
    auto const saved = co_await std::move(saving);
    if (!saved) co_return store_trouble(saved.error());
    cursor_->save();
    for (auto const row : batch.refused_rows) cursor_->leave_out(row);
    co_return std::nullopt;
}

// --- what is made of it ---

std::string_view Output::Batch::lines(Halving::Range range) const {
    std::size_t const begin = range.begin == 0 ? 0 : ends[range.begin - 1];
    return std::string_view(text).substr(begin, ends[range.end - 1] - begin);
}

void Output::Batch::refuse(StoredRow const& row, std::string_view line, std::string const& sentence) {
    refused.push_back({topic_of(row), std::string(bridge::trimmed(line)), sentence});
    refused_rows.push_back(row.id);
}

void Output::add_lines(Batch& batch) const {
    for (std::size_t i = 0; i < batch.slice.rows.size(); ++i) {
        auto const& row = batch.slice.rows[i];
        if (cursor_->leaves_out(row.id)) continue;
        auto const line = to_line(row, greeting_->texts);
        if (auto const* refusal = std::get_if<Refusal>(&line)) {
            batch.refuse(row, fmt::format("id={} ts={}", row.id, row.ts), refusal->sentence);
            continue;
        }
        auto const& text = std::get<std::string>(line);
        if (text.empty()) continue;
        batch.text += text;
        batch.ends.push_back(batch.text.size());
        batch.rows.push_back(i);
    }
}

void Output::count(Batch const& batch) {
    std::size_t const refused = batch.refused.size() + batch.too_old;
    rows_refused_.add(refused);
    rows_given_.add(batch.ends.size() - std::min(refused, batch.ends.size()));
    if (!batch.ends.empty()) most_rows_ = full_rows;
    if (batch.too_old == 0 || std::exchange(too_old_said_, true)) return;
    log_.warn("output", "too_old",
              {{"output", name_},
               {"detail", "rows are older than what the server keeps; they are counted as refused"}});
}

// --- trouble ---

Output::Trouble Output::connection_trouble(bridge::Error const& error, bool was_open) const {
    constexpr auto idle = std::chrono::seconds(1);
    Trouble trouble{std::string(bridge::to_string(error.code)), error.detail};
    trouble.server_gone = true;
    trouble.at_once = was_open && error.code == bridge::Errc::closed && Clock::now() - answered_ > idle;
    return trouble;
}

Output::Trouble Output::status_trouble(WriteAnswer const& answer) {
    Trouble trouble{fmt::format("status_{}", answer.status), answer.sentence};
    trouble.server_gone = answer.server_gone;
    return trouble;
}

Output::Trouble Output::refused_trouble(std::string const& sentence) {
    return {"refused", "everything is refused: " + sentence};
}

Output::Trouble Output::store_trouble(StoreError const& error) {
    return {"store", "the store cannot be used now: " + error.detail};
}

void Output::fail(Trouble const& trouble) {
    most_rows_ = first_rows;
    if (trouble.server_gone) {
        greeting_.reset();
        if (cursor_) cursor_->go_back(Clock::now());
    }
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
              {{"output", name_}, {"server", address_}, {"product", greeting_->product}});
}

}  // namespace sink
