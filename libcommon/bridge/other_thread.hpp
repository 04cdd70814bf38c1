// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bridge {

/// The token for a `co_spawn` on another thread. Who waits may be cancelled meanwhile, and learns of it from
/// its own cancellation state. It is not passed on: it would reach over to the other thread while the work
/// ends there, and meet what is freed.
[[nodiscard]] inline auto waiting_here() {
    namespace asio = boost::asio;
    return asio::bind_cancellation_slot(asio::cancellation_slot(), asio::as_tuple(asio::use_awaitable));
}

}  // namespace bridge
