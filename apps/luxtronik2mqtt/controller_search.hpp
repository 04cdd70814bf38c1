// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include "search_protocol.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <vector>

namespace luxtronik {

/// All controllers that answer within two seconds for each port, each once, in order of their addresses.
/// `tcp_port` is that of one that does not say its own. None: an empty list. Errors: unreachable (nobody can
/// be asked), closed (cancelled).
[[nodiscard]] boost::asio::awaitable<bridge::Result<std::vector<bridge::Address>>> find_controllers(
    Search search, std::uint16_t tcp_port);

/// The one controller that answers. Errors, besides those above: unreachable, if none does; config, if
/// several do, as only a person knows which is meant: they are named.
[[nodiscard]] boost::asio::awaitable<bridge::Result<bridge::Address>> find_controller(Search search,
                                                                                      std::uint16_t tcp_port);

}  // namespace luxtronik
