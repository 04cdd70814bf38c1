// SPDX-License-Identifier: MIT
#pragma once

#include "api.hpp"
#include "counts.hpp"
#include "inbox.hpp"
#include "store.hpp"
#include "store_reader.hpp"
#include "upkeep.hpp"

#include <bridge/backoff.hpp>
#include <bridge/log.hpp>

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace sink {

/// The database thread: brings what is in the inbox into the store, and answers questions from it. Batches
/// are whatever has come in meanwhile: one message of a quiet house at once, thousands of a flood. They are
/// seen by questions at once, and committed together: after a while, or when there is much. Until then they
/// stay in the inbox too, and come from there again after a fault or a kill.
///
/// A store that cannot be opened or written is tried again for ever, said once; all stays in the inbox
/// meanwhile. A file that is damaged is set aside, and a new one takes its place.
///
/// Made and destroyed on the loop. The inbox, the counts and the loop outlive it.
class Drain {
  public:
    struct Settings {
        std::string database;
        Durability durability = Durability::process;  ///< as the inbox's, which is released by a commit
        /// A batch is committed at most so long after it was written; 0: at once.
        std::chrono::milliseconds commit_interval{30'000};
        /// Least time between two batches, so that a flood makes large ones.
        std::chrono::milliseconds pace{20};
        Retention::Rules retention = {};
    };
    enum class State {
        starting,
        working,
        failing,  ///< opening or the last transaction failed, and none has been committed since
    };

    Drain(Settings settings, Inbox& inbox, Counts& counts, bridge::Log log,
          boost::asio::any_io_executor loop);
    ~Drain();
    Drain(Drain const&) = delete;
    Drain& operator=(Drain const&) = delete;

    /// Starts the thread. `opened` is called once, on the loop, when the store is open and has been tried, or
    /// a file of an older version is being brought up to date: from then on the inbox takes messages.
    /// `arrived` is called on the loop after batches that brought or changed rows.
    void start(
        std::function<void()> opened, std::function<void()> arrived = [] {});

    /// Any thread: something was appended.
    void wake();

    /// Asked on the database thread.
    using Question = std::function<ApiAnswer(StoreReader&)>;
    /// On the loop, which waits for nothing meanwhile.
    [[nodiscard]] boost::asio::awaitable<ApiAnswer> ask(Question question);

    /// As `StoreReader` has them, on the loop.
    [[nodiscard]] boost::asio::awaitable<StoreResult<Devices>> devices();

    /// Any thread: whether news is kept. It costs nothing where nobody asks for it.
    void watch(bool wanted);
    /// What was written since it was asked last (`news.hpp`). On the loop. What is written while somebody
    /// watches is in an answer to a later question, or in this, or in both.
    [[nodiscard]] boost::asio::awaitable<Devices> news();

    // For outputs, on the loop: as `StoreReader` and `Store` have it.
    [[nodiscard]] boost::asio::awaitable<StoreResult<std::int64_t>> position(std::string output);
    [[nodiscard]] boost::asio::awaitable<StoreResult<Slice>> rows_after(std::int64_t number,
                                                                        std::size_t most_rows,
                                                                        std::size_t most_bytes);
    /// Lasts from the next commit on, as do the rows that it is about.
    [[nodiscard]] boost::asio::awaitable<StoreResult<>> save(OutputProgress progress);

    /// Brings in what is left, as far as it goes within `deadline`, commits, and ends the thread; `ended` is
    /// called on the loop.
    void stop(std::chrono::milliseconds deadline, std::function<void()> ended);

    /// Any thread.
    [[nodiscard]] State state() const { return state_.load(); }
    /// What went wrong last.
    [[nodiscard]] Fault fault() const { return fault_.load(); }
    /// The number of arrival that was written last; 0 before the store is open.
    [[nodiscard]] std::int64_t last_arrival() const { return last_arrival_.load(); }

  private:
    /// What the open transaction came to, counted once it is committed.
    struct Tally {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;  ///< of the inbox
        std::uint64_t stored = 0;
        std::uint64_t ignored = 0;
        std::array<std::uint64_t, reason_words.size()> set_aside{};
    };

    /// What one look into the inbox came to.
    enum class Round { nothing, some, much, failed };

    void run_round();
    void wait(std::chrono::milliseconds time);
    Round round();
    void take_messages();
    void resume_inbox(std::uint64_t committed);
    StoreResult<Store> open_store();
    StoreResult<> open();
    StoreResult<> begin();
    StoreResult<> write(Records const& batch);
    StoreResult<> write(Message const& message);
    StoreResult<> set_aside(Message const& message, Refusal const& refusal);
    [[nodiscard]] bool commit_is_due() const;
    StoreResult<> commit();
    void commit_in_time();
    void after_question();
    void try_later(StoreError const& error);
    Round fail(StoreError const& error);
    bool set_database_aside(StoreError const& error);
    void recover();
    void finish(std::chrono::steady_clock::time_point until);
    void note_arrivals();
    void keep_up();
    StoreResult<bool> step_of_upkeep();
    template <class Answer>
    boost::asio::awaitable<Answer> on_thread(std::function<Answer()> question);

    Settings settings_;
    Inbox& inbox_;
    Counts& counts_;
    bridge::Log log_;
    boost::asio::any_io_executor loop_;
    std::function<void()> opened_;
    std::function<void()> arrived_;
    std::atomic<State> state_{State::starting};
    std::atomic<Fault> fault_{Fault::io};
    std::atomic<std::int64_t> last_arrival_{0};
    std::atomic<bool> woken_{false};

    // Of the database thread.
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer commit_timer_;
    boost::asio::steady_timer upkeep_timer_;
    bool waiting_ = false;
    bool resumed_ = false;
    bool flood_ = false;  ///< the last batch was a large one
    bridge::Backoff backoff_;
    std::optional<Store> store_;
    std::optional<StoreReader> reader_;
    std::optional<Tally> open_;  ///< while a transaction is open
    Upkeep upkeep_;
    int steps_of_upkeep_ = 0;
    std::optional<Devices> news_;  ///< while somebody watches

    std::thread thread_;
};

}  // namespace sink
