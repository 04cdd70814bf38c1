// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include "search_protocol.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace luxtronik {

/// Where a controller is: as the settings say, or where it was found.
class Whereabouts {
  public:
    /// `target`: an address, for which `port` is the usual one, or what `read_search` takes. Error: config.
    [[nodiscard]] static bridge::Result<Whereabouts> read(std::string_view target, std::uint16_t port);

    /// Looks for the controller, if it is not known where it is. Errors: those of `find_controller`.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<bridge::Address>> find();

    /// It is not there: if it had to be looked for, it is looked for again.
    void not_there();

    [[nodiscard]] bool is_known() const { return address_.has_value(); }
    [[nodiscard]] bool is_searched() const { return search_.has_value(); }

  private:
    std::optional<Search> search_;
    std::optional<bridge::Address> address_;
    std::uint16_t port_ = 0;
};

}  // namespace luxtronik
