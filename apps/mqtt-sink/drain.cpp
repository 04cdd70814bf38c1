// SPDX-License-Identifier: MIT
#include "drain.hpp"

#include "damaged_file.hpp"
#include "news.hpp"
#include "record.hpp"
#include "schema.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>
#include <variant>

namespace sink {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr bridge::Backoff::Limits retry = {milliseconds(200), milliseconds(5000)};
/// After so many messages in a batch the next is not waited for.
constexpr std::size_t much_messages = 1024;
/// Between two steps of upkeep, and between two looks whether there is something to do.
constexpr milliseconds pause_of_upkeep{20};
constexpr milliseconds rest_of_upkeep{500};
/// So many of its steps are not held in one transaction.
constexpr int steps_of_commit = 64;
/// After so many bytes of messages the commit is not waited for.
constexpr std::uint64_t most_uncommitted_bytes = 2UL << 20U;

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

StoreError not_open() { return {Fault::io, "the store is not open"}; }

template <class Answer>
asio::awaitable<Answer> answer_with(std::function<Answer()> question) {
    co_return question();
}

}  // namespace

Drain::Drain(Settings settings, Inbox& inbox, Counts& counts, bridge::Log log, asio::any_io_executor loop)
    : settings_(std::move(settings)),
      inbox_(inbox),
      counts_(counts),
      log_(log),
      loop_(std::move(loop)),
      work_(context_.get_executor()),
      timer_(context_),
      commit_timer_(context_),
      upkeep_timer_(context_),
      backoff_(retry, std::random_device{}()),
      upkeep_(settings_.retention, counts_, log_) {}

Drain::~Drain() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

void Drain::start(std::function<void()> opened, std::function<void()> arrived) {
    opened_ = std::move(opened);
    arrived_ = std::move(arrived);
    asio::post(context_, [this] {
        run_round();
        keep_up();
    });
    thread_ = std::thread([this] { context_.run(); });
}

void Drain::wake() {
    if (woken_.exchange(true)) return;
    asio::post(context_, [this] {
        // Cleared before the inbox is read: what comes after this wakes again.
        woken_.store(false);
        if (!waiting_) run_round();
    });
}

void Drain::run_round() {
    Round const done = round();
    if (store_) take_messages();
    switch (done) {
        case Round::nothing:
            return;
        case Round::some:
            return wait(settings_.pace);
        case Round::much:
            return asio::post(context_, [this] {
                if (!waiting_) run_round();
            });
        case Round::failed:
            return wait(backoff_.next());
    }
}

void Drain::wait(milliseconds time) {
    waiting_ = true;
    timer_.expires_after(time);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        waiting_ = false;
        run_round();
    });
}

Drain::Round Drain::round() {
    if (!store_) {
        auto const opened = open();
        if (!opened) return fail(opened.error());
    }
    auto const read = inbox_.read();
    if (!read) return fail(StoreError{Fault::io, read.error().detail});
    Records const& batch = **read;
    flood_ = batch.messages.size() >= much_messages;
    if (!batch.messages.empty() || !batch.damaged.empty()) {
        auto const written = write(batch);
        if (!written) return fail(written.error());
    }
    if (commit_is_due()) {
        auto const committed = commit();
        if (!committed) return fail(committed.error());
    }
    recover();
    if (batch.messages.empty()) return Round::nothing;
    return flood_ ? Round::much : Round::some;
}

/// From now on the inbox may fill.
void Drain::take_messages() {
    if (opened_) asio::post(loop_, std::exchange(opened_, nullptr));
}

void Drain::resume_inbox(std::uint64_t committed) {
    if (!std::exchange(resumed_, true)) inbox_.resume(committed);
}

/// A file of an older version is copied into the shape of this one, which may take long: meanwhile messages
/// come into the inbox, or a broker with a bounded queue would drop them.
StoreResult<Store> Drain::open_store() {
    auto const before = look_at_store(settings_.database, inbox_.id());
    if (!before) return before.error();
    if (!before->is_old()) return Store::open(settings_.database, settings_.durability);
    resume_inbox(before->committed);
    take_messages();
    auto const start = steady_clock::now();
    if (state_.load() != State::failing) {
        log_.info("store", "migration_begins",
                  {{"database", settings_.database}, {"from", before->version}, {"to", schema_version}});
    }
    auto store = Store::open(settings_.database, settings_.durability);
    if (store) {
        auto const taken = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - start);
        log_.info("store", "migration_done",
                  {{"database", settings_.database}, {"seconds", static_cast<std::int64_t>(taken.count())}});
    }
    return store;
}

StoreResult<> Drain::open() {
    auto store = open_store();
    if (!store) return store.error();
    auto const committed = store->committed(inbox_.id());
    if (!committed) return committed.error();
    resume_inbox(*committed);
    store_ = std::move(*store);
    store_->number_above(last_arrival_.load());
    note_arrivals();
    reader_.emplace(store_->connection());
    auto connection = store_->connection();
    return upkeep_.load(connection);
}

StoreResult<> Drain::begin() {
    if (open_) return {};
    auto const begun = store_->begin();
    if (!begun) return begun.error();
    open_.emplace();
    commit_timer_.expires_after(settings_.commit_interval);
    commit_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) commit_in_time();
    });
    return {};
}

StoreResult<> Drain::write(Records const& batch) {
    auto const begun = begin();
    if (!begun) return begun.error();
    for (auto const& stored : batch.messages) {
        auto const written = write(stored.message);
        if (!written) return written.error();
        open_->bytes += record_head_size + stored.message.topic.size() + stored.message.payload.size();
    }
    for (auto const& damaged : batch.damaged) {
        Message const message{{}, damaged, damaged.size(), now(), false};
        auto const kept = set_aside(message, {Reason::damaged, "bytes of the inbox that are no message"});
        if (!kept) return kept.error();
    }
    auto const ended = store_->end_batch();
    if (!ended) return ended.error();
    open_->messages += batch.messages.size();
    note_arrivals();
    counts_.batch_messages.set(static_cast<double>(batch.messages.size()));
    counts_.uncommitted_messages.set(static_cast<double>(open_->messages));
    return {};
}

/// What failed before shows at the commit whether it is over.
bool Drain::commit_is_due() const {
    return open_ && (settings_.commit_interval == settings_.commit_interval.zero() ||
                     open_->bytes >= most_uncommitted_bytes || state_.load() == State::failing);
}

StoreResult<> Drain::commit() {
    auto const start = steady_clock::now();
    auto const committed = store_->commit(inbox_.id(), inbox_.read_up_to());
    if (!committed) return committed.error();
    inbox_.release();
    counts_.stored.add(open_->stored);
    counts_.ignored.add(open_->ignored);
    for (std::size_t i = 0; i < open_->set_aside.size(); ++i) {
        if (open_->set_aside[i] > 0) counts_.set_aside(static_cast<Reason>(i)).add(open_->set_aside[i]);
    }
    counts_.commits.add();
    counts_.commit_messages.set(static_cast<double>(open_->messages));
    counts_.commit_seconds.set(std::chrono::duration<double>(steady_clock::now() - start).count());
    counts_.uncommitted_messages.set(0);
    open_.reset();
    commit_timer_.cancel();
    return {};
}

void Drain::commit_in_time() {
    if (!open_) return;
    auto const committed = commit();
    if (!committed) try_later(committed.error());
}

void Drain::note_arrivals() {
    if (last_arrival_.exchange(store_->last_arrival()) != store_->last_arrival()) asio::post(loop_, arrived_);
}

StoreResult<> Drain::write(Message const& message) {
    Record const record = to_record(message);
    if (auto const* measurement = std::get_if<Measurement>(&record)) {
        if (upkeep_.refuses(measurement->base, measurement->time)) return {};
        auto const written = store_->write(*measurement);
        if (!written) return written.error();
        if (*written) return set_aside(message, **written);
        ++open_->stored;
        if (news_) note(*news_, *measurement);
        return {};
    }
    if (auto const* availability = std::get_if<Availability>(&record)) {
        ++open_->stored;
        if (news_) note(*news_, *availability);
        return store_->write(*availability);
    }
    if (auto const* event = std::get_if<Event>(&record)) {
        ++open_->stored;
        return store_->write(*event);
    }
    if (auto const* refusal = std::get_if<Refusal>(&record)) return set_aside(message, *refusal);
    ++open_->ignored;
    return {};
}

StoreResult<> Drain::set_aside(Message const& message, Refusal const& refusal) {
    ++open_->set_aside[static_cast<std::size_t>(refusal.reason)];
    return store_->set_aside(message, refusal);
}

/// The next try to open begins a new file. What the inbox has not released comes into that one; what was
/// committed before stays in the old one.
bool Drain::set_database_aside(StoreError const& error) {
    auto const aside = set_file_aside(settings_.database, now());
    if (!aside) {
        log_.error("store", "not_set_aside",
                   {{"database", settings_.database}, {"detail", aside.error().detail}});
        return false;
    }
    counts_.files_set_aside.add();
    log_.error("store", "damaged",
               {{"database", settings_.database},
                {"detail", error.detail},
                {"set_aside", *aside},
                {"to_read_it", fmt::format("sqlite3 {} .dump", *aside)}});
    return true;
}

/// What was not committed is read from the inbox again.
Drain::Round Drain::fail(StoreError const& error) {
    if (store_ && open_) store_->rollback();
    open_.reset();
    commit_timer_.cancel();
    inbox_.rewind();
    upkeep_.break_off();
    counts_.uncommitted_messages.set(0);
    counts_.store_errors(error.fault).add();
    bool const said = state_.load() == State::failing && fault_.load() == error.fault;
    fault_.store(error.fault);
    state_.store(State::failing);
    // Where there is no room, or another program writes, the file is as good as before. What else there is
    // may be over with a file opened anew.
    if (error.fault != Fault::full && error.fault != Fault::busy) {
        reader_.reset();
        store_.reset();
    }
    if (error.fault == Fault::damaged && set_database_aside(error)) return Round::failed;
    if (!said) {
        log_.error(
            "store", "waiting",
            {{"database", settings_.database}, {"error", to_string(error.fault)}, {"detail", error.detail}});
    }
    return Round::failed;
}

void Drain::try_later(StoreError const& error) {
    fail(error);
    if (!waiting_) wait(backoff_.next());
}

void Drain::recover() {
    if (open_ && state_.load() == State::failing) return;
    backoff_.reset();
    if (state_.exchange(State::working) != State::failing) return;
    log_.info("store", "going_on", {{"database", settings_.database}});
}

/// Not while messages come faster than they are written.
void Drain::keep_up() {
    bool more = false;
    if (store_ && state_.load() == State::working && !flood_) {
        auto const worked = step_of_upkeep();
        if (!worked) try_later(worked.error());
        more = worked && *worked;
    }
    upkeep_timer_.expires_after(more ? pause_of_upkeep : rest_of_upkeep);
    upkeep_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled && work_.owns_work()) keep_up();
    });
}

/// True: there is more to do at once. What is done is committed with what comes in, and sooner if it is much.
StoreResult<bool> Drain::step_of_upkeep() {
    auto connection = store_->connection();
    auto const work = upkeep_.has_work(connection);
    if (!work || !*work) return work;
    auto const begun = begin();
    if (!begun) return begun.error();
    auto more = upkeep_.step(connection);
    if (more && ++steps_of_upkeep_ % steps_of_commit == 0) commit_in_time();
    return more;
}

template <class Answer>
asio::awaitable<Answer> Drain::on_thread(std::function<Answer()> question) {
    std::function<Answer()> asked = [this, question = std::move(question)] {
        auto answer = question();
        after_question();
        return answer;
    };
    auto answering = answer_with(std::move(asked));
    // Who asked may be cancelled meanwhile: that would reach over to the other thread while the question ends
    // there, and meet what is freed. It is over in milliseconds anyhow.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    Answer answer = co_await asio::co_spawn(context_, std::move(answering), asio::use_awaitable);
    co_await asio::this_coro::reset_cancellation_state();
    co_return answer;
}

void Drain::after_question() {
    if (!reader_) return;
    reader_->end_question();
    if (store_->met_damage()) return try_later({Fault::damaged, "a question met damage"});
    if (open_ && !store_->in_transaction())
        try_later({Fault::io, "a question met a fault that ended the transaction"});
}

asio::awaitable<ApiAnswer> Drain::ask(Question question) {
    return on_thread<ApiAnswer>([this, question = std::move(question)] {
        return reader_ ? question(*reader_) : ApiAnswer{503, R"({"error":"the store is not open"})"};
    });
}

asio::awaitable<StoreResult<Devices>> Drain::devices() {
    return on_thread<StoreResult<Devices>>([this] { return reader_ ? reader_->devices() : not_open(); });
}

void Drain::watch(bool wanted) {
    asio::post(context_, [this, wanted] {
        if (wanted != news_.has_value())
            news_ = wanted ? std::optional<Devices>(std::in_place) : std::nullopt;
    });
}

asio::awaitable<Devices> Drain::news() {
    return on_thread<Devices>([this] { return news_ ? std::exchange(*news_, {}) : Devices(); });
}

asio::awaitable<StoreResult<std::int64_t>> Drain::position(std::string output) {
    return on_thread<StoreResult<std::int64_t>>(
        [this, output = std::move(output)] { return store_ ? store_->position(output) : not_open(); });
}

asio::awaitable<StoreResult<Slice>> Drain::rows_after(std::int64_t number, std::size_t most_rows,
                                                      std::size_t most_bytes) {
    return on_thread<StoreResult<Slice>>([this, number, most_rows, most_bytes] {
        return reader_ ? reader_->rows_after(number, most_rows, most_bytes) : not_open();
    });
}

asio::awaitable<StoreResult<>> Drain::save(OutputProgress progress) {
    return on_thread<StoreResult<>>([this, progress = std::move(progress)]() -> StoreResult<> {
        if (!store_) return not_open();
        auto saved = begin();
        if (saved) saved = store_->save(progress, now());
        if (saved) saved = store_->end_batch();
        if (saved) {
            open_->set_aside[static_cast<std::size_t>(Reason::output)] += progress.refused.size();
        } else {
            try_later(saved.error());
        }
        return saved;
    });
}

void Drain::stop(milliseconds deadline, std::function<void()> ended) {
    auto const until = steady_clock::now() + deadline;
    asio::post(context_, [this, until, ended = std::move(ended)] {
        finish(until);
        asio::post(loop_, ended);
    });
}

void Drain::finish(steady_clock::time_point until) {
    // Stays set: nothing starts a round any more.
    waiting_ = true;
    timer_.cancel();
    upkeep_timer_.cancel();
    Round last = Round::much;
    while ((last == Round::much || last == Round::some) && steady_clock::now() < until) last = round();
    if (last != Round::failed) commit_in_time();
    if (inbox_.depth() > 0) {
        log_.warn("store", "messages_left_in_inbox",
                  {{"messages", static_cast<std::int64_t>(inbox_.depth())}});
    }
    reader_.reset();
    store_.reset();
    work_.reset();
}

}  // namespace sink
