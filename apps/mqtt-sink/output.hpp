// SPDX-License-Identifier: MIT
#pragma once

#include "cursor.hpp"
#include "drain.hpp"
#include "halving.hpp"
#include "line_server.hpp"

#include <bridge/backoff.hpp>
#include <bridge/log.hpp>
#include <bridge/metrics.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// Gives every stored row to a database that takes line protocol: all that is in the store, then what comes.
/// It reads the store at its own pace, tries for ever, and holds no more in memory than what is under way, so
/// a server that is down costs nobody anything.
///
/// Rows that the server refuses for good are set aside in the store with the server's sentence, and counted.
/// Where it refuses all that it is given, something is set up wrongly, and the rows wait.
///
/// On the loop. The drain and the metrics outlive the loop's work.
class Output : public std::enable_shared_from_this<Output> {
  public:
    Output(OutputTarget const& target, Drain& drain, bridge::Metrics& metrics, bridge::Log log,
           boost::asio::any_io_executor loop);
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    void start();
    /// Rows have arrived.
    void wake();
    /// Ends what is under way: it is given again after the next start.
    void stop();

    [[nodiscard]] std::string const& name() const { return name_; }
    /// `working`, `connecting`, or what is wrong.
    [[nodiscard]] std::string const& state() const { return state_; }
    /// Brings the metrics up to date that are not counted as things happen.
    void measure();

  private:
    using Clock = std::chrono::steady_clock;
    template <class T>
    using Awaited = boost::asio::awaitable<T>;

    /// Why it does not go on; a new kind is worth a line in the log.
    struct Trouble {
        std::string kind;
        std::string sentence;
        bool server_gone = false;  ///< what it took lately may be lost
        bool at_once = false;      ///< an idle connection was closed, as servers do: no reason to wait
    };
    using Outcome = std::optional<Trouble>;

    /// What is made of a slice.
    struct Batch {
        explicit Batch(Slice read) : slice(std::move(read)) {}
        [[nodiscard]] std::string_view lines(Halving::Range range) const;
        void refuse(StoredRow const& row, std::string_view line, std::string const& sentence);

        Slice slice;
        std::string text;               ///< its lines, one behind the other
        std::vector<std::size_t> ends;  ///< by line
        std::vector<std::size_t> rows;  ///< of the slice, by line
        std::size_t too_old = 0;        ///< lines that the server does not keep
        std::vector<OutputProgress::Refused> refused;
        std::vector<std::int64_t> refused_rows;  ///< numbers of arrival
    };

    static Awaited<void> run(std::shared_ptr<Output> self);
    Awaited<void> rest();
    Awaited<void> pause(std::chrono::milliseconds time);

    Awaited<Outcome> work();
    Awaited<Outcome> find_place();
    Awaited<Outcome> greet();
    Awaited<Outcome> give(Batch& batch);
    Awaited<Outcome> write(Batch& batch, Halving& halving);
    Awaited<Outcome> save(Batch const& batch);
    Awaited<Outcome> confirm();

    void add_lines(Batch& batch) const;
    void count(Batch const& batch);
    [[nodiscard]] Trouble connection_trouble(bridge::Error const& error, bool was_open) const;
    [[nodiscard]] static Trouble status_trouble(WriteAnswer const& answer);
    [[nodiscard]] static Trouble refused_trouble(std::string const& sentence);
    [[nodiscard]] static Trouble store_trouble(StoreError const& error);
    void fail(Trouble const& trouble);
    void recover();

    std::string name_;
    std::string address_;  ///< for people
    LineServer server_;
    Drain& drain_;
    bridge::Log log_;
    boost::asio::any_io_executor loop_;
    boost::asio::steady_timer timer_;
    bridge::Backoff backoff_;
    bridge::Counter& rows_given_;
    bridge::Counter& rows_refused_;
    bridge::Counter& failures_;
    bridge::Gauge& lag_;

    std::optional<Cursor> cursor_;
    std::optional<LineServer::Greeting> greeting_;  ///< since the server was gone
    Clock::time_point answered_;                    ///< by the server, last
    std::size_t most_rows_;
    bool more_ = false;  ///< rows are waiting already
    bool woken_ = false;
    bool stopping_ = false;
    bool too_old_said_ = false;
    std::string state_ = "connecting";
    std::string trouble_;  ///< the kind of the last one; empty while it works
};

}  // namespace sink
