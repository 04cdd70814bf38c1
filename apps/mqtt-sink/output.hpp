// SPDX-License-Identifier: MIT
#pragma once

#include "cursor.hpp"
#include "drain.hpp"
#include "later.hpp"
#include "line_delivery.hpp"

#include <bridge/backoff.hpp>
#include <bridge/log.hpp>
#include <bridge/metrics.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// Gives every stored row to a database that takes line protocol: all that is in the store, then what comes.
/// It reads the store at its own pace, tries for ever, and holds no more in memory than what is under way, so
/// a server that is down costs nobody anything.
///
/// Of a backlog two batches are under way side by side, and may arrive in either order. What became of them
/// is taken note of in the order of the store, so the cursor never passes a batch that was not taken.
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

    using Trouble = LineDelivery::Trouble;
    using Outcome = LineDelivery::Outcome;

    /// What goes to the server together.
    struct Batch {
        LineBatch lines;
        LineServer::Lines packed;
        std::int64_t up_to = 0;  ///< as `Slice` has it
        bool whole = true;
        std::int64_t last = 0;  ///< the last number of arrival before it was read, or one before that
    };

    /// A batch in the making.
    struct Ahead {
        explicit Ahead(boost::asio::any_io_executor const& loop) : batch(loop) {}
        Later<StoreResult<Batch>> batch;
        bool wanted = false;  ///< it is waited for: no more rows
    };

    /// A batch on its way to the server.
    struct Giving {
        Giving(Batch what, std::size_t on_lane, boost::asio::any_io_executor const& loop)
            : batch(std::move(what)), lane(on_lane), given(loop) {}
        Batch batch;
        std::size_t lane;
        Later<LineDelivery::Given> given;
    };

    static Awaited<void> run(std::shared_ptr<Output> self);
    Awaited<void> rest();
    Awaited<void> pause(std::chrono::milliseconds time);

    Awaited<Outcome> work();
    Awaited<Outcome> meet();
    Awaited<Outcome> find_place();
    Awaited<Outcome> look_ahead();
    void gather_from(std::int64_t number);
    static Awaited<void> gather(std::shared_ptr<Output> self, std::shared_ptr<Ahead> ahead,
                                std::int64_t from);
    Awaited<StoreResult<Batch>> next_batch();
    Awaited<Outcome> give_beside(Batch batch);
    void begin(Batch batch);
    static Awaited<void> give(std::shared_ptr<Output> self, std::shared_ptr<Giving> giving);
    Awaited<Outcome> end_all_but(std::size_t left);
    Awaited<Outcome> end_first();
    Awaited<void> let_end();
    Awaited<Outcome> save(std::vector<LineBatch::Refused> refused);
    Awaited<Outcome> confirm();

    void add(Batch& batch, Slice slice) const;
    void count(LineBatch const& lines, std::size_t too_old);
    [[nodiscard]] static Trouble store_trouble(StoreError const& error);
    void fail(Trouble const& trouble);
    void recover();

    std::string name_;
    std::string address_;  ///< for people
    LineDelivery delivery_;
    Drain& drain_;
    bridge::Log log_;
    boost::asio::any_io_executor loop_;
    boost::asio::steady_timer timer_;
    bridge::Backoff backoff_;
    bridge::Counter& rows_given_;
    bridge::Counter& rows_refused_;
    bridge::Counter& failures_;
    bridge::Gauge& lag_;
    bridge::Gauge& lag_seconds_;

    std::optional<Cursor> cursor_;
    std::size_t most_rows_;
    Texts texts_ = Texts::leave_out;  ///< as the server was greeted last
    std::shared_ptr<Ahead> ahead_;
    std::deque<std::shared_ptr<Giving>> under_way_;  ///< in the order of the store
    std::optional<std::int64_t> next_ts_;            ///< unix ms; of the next row, as far as is known
    bool more_ = false;                              ///< rows are waiting already
    bool woken_ = false;
    bool stopping_ = false;
    bool too_old_said_ = false;
    std::string state_ = "connecting";
    std::string trouble_;  ///< the kind of the last one; empty while it works
};

}  // namespace sink
