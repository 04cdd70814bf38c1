// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace bridge {

/// The one crossing point between threads: any thread pushes, the loop receives what came in batches, in
/// order. Bounded: what does not fit is refused and counted. Held by shared_ptr by both sides; the loop's
/// side closes it before it dies, and a push after that finds a closed mailbox instead of freed memory.
template <class T>
class Mailbox : public std::enable_shared_from_this<Mailbox<T>> {
  public:
    using Receive = std::function<void(std::vector<T>)>;

    /// `receive` is called on `loop` only. `most`: how many may wait.
    [[nodiscard]] static std::shared_ptr<Mailbox> open(boost::asio::any_io_executor loop, std::size_t most,
                                                       Receive receive) {
        return std::shared_ptr<Mailbox>(new Mailbox(std::move(loop), most, std::move(receive)));
    }

    /// Any thread. False: closed or full, and the item is not taken.
    bool push(T item) {
        std::lock_guard const lock(mutex_);
        if (closed_) return false;
        if (waiting_.size() >= most_) {
            dropped_.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        waiting_.push_back(std::move(item));
        // Under the lock: once it is closed, the loop may be gone.
        if (!std::exchange(posted_, true))
            boost::asio::post(loop_, [self = this->shared_from_this()] { self->deliver(); });
        return true;
    }

    /// On the loop: nothing is delivered after it returns.
    void close() {
        std::lock_guard const lock(mutex_);
        closed_ = true;
        waiting_.clear();
    }

    /// Items refused because the mailbox was full.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    Mailbox(boost::asio::any_io_executor loop, std::size_t most, Receive receive)
        : loop_(std::move(loop)), most_(most), receive_(std::move(receive)) {}

    void deliver() {
        std::vector<T> batch;
        {
            std::lock_guard const lock(mutex_);
            posted_ = false;
            batch.swap(waiting_);
        }
        if (!batch.empty()) receive_(std::move(batch));
    }

    boost::asio::any_io_executor loop_;
    std::size_t most_;
    Receive receive_;
    std::mutex mutex_;
    std::vector<T> waiting_;
    bool posted_ = false;
    bool closed_ = false;
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace bridge
