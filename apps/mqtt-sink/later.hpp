// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace sink {

/// What one coroutine brings and another waits for. On the loop; one waits.
template <class Value>
class Later {
  public:
    explicit Later(boost::asio::any_io_executor const& loop) : ready_(loop) {}

    /// Once.
    void bring(Value value) {
        value_ = std::move(value);
        ready_.cancel();
    }
    /// Nothing before it was brought, and after it was taken.
    [[nodiscard]] std::optional<Value> const& here() const { return value_; }
    [[nodiscard]] boost::asio::awaitable<Value> take() {
        while (!value_) {
            ready_.expires_at(boost::asio::steady_timer::time_point::max());
            co_await ready_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        co_return *std::exchange(value_, std::nullopt);
    }

  private:
    std::optional<Value> value_;
    boost::asio::steady_timer ready_;
};

}  // namespace sink
