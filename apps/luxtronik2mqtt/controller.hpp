// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "field_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace luxtronik {

/// How long one call may take. A controller answers within a tenth of a second; some hang, and some hold the
/// connection open for ever.
struct Patience {
    std::chrono::milliseconds silence{5000};  ///< for each next byte; to find and connect, twice that
    std::chrono::milliseconds whole{30000};
};

/// What one poll brought.
struct Poll {
    std::vector<std::byte> blocks;  ///< calculations, parameters, visibilities: whole, as they came
    bridge::Timestamp measured;     ///< when the calculations were there
};

/// A connection to a controller: made by the first call, kept until `hang_up` or the first error, and made
/// anew by the call after that. One call at a time, as the controller does one thing at a time.
/// Errors of all calls: unreachable, timed_out, closed, and those of `frame` and `acknowledged`.
class Controller {
  public:
    Controller(boost::asio::any_io_executor loop, bridge::Address address, Patience patience = {});
    ~Controller();
    Controller(Controller const&) = delete;
    Controller& operator=(Controller const&) = delete;

    /// Where it is from the next connection on.
    void be_at(bridge::Address address) { address_ = std::move(address); }

    /// Reads the three blocks, one request after the other. All of it or nothing.
    boost::asio::awaitable<bridge::Result<Poll>> poll();
    /// Reads one block.
    boost::asio::awaitable<bridge::Result<std::vector<std::byte>>> read(Block block);
    /// Asks for a parameter to be written, and awaits the acknowledgement, which says nothing of what the
    /// parameter is then. After an error nobody knows.
    boost::asio::awaitable<bridge::Result<>> write(std::uint32_t index, std::int32_t value);

    void hang_up();

  private:
    class Connection;
    boost::asio::awaitable<bridge::Result<>> open();

    boost::asio::any_io_executor loop_;
    bridge::Address address_;
    Patience patience_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace luxtronik
