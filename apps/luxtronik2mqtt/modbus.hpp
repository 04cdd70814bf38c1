// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include "smart_home_table.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

struct _modbus;

namespace luxtronik {

using Words = std::vector<std::uint16_t>;

/// A Modbus TCP connection, by libmodbus. That blocks, so a thread of this object's own makes the calls, one
/// at a time, and the loop waits for it; used on the loop. Stopping it waits for a call under way: at most
/// `patience`.
class Modbus {
  public:
    static constexpr std::chrono::milliseconds patience{2000};  ///< for a whole answer
    static constexpr std::uint16_t first_address = 10'000;      ///< of index 0

    Modbus() = default;
    ~Modbus() { stop(); }
    Modbus(Modbus const&) = delete;
    Modbus& operator=(Modbus const&) = delete;

    [[nodiscard]] boost::asio::awaitable<bridge::Result<>> open(bridge::Address address);
    [[nodiscard]] bool is_open() const { return context_ != nullptr; }
    void close() { context_.reset(); }

    /// Errors: out_of_range: one of them is missing, or is not to have this value; unsupported: the
    /// controller is busy, or cannot do that. After any other the connection is closed: timed_out, closed,
    /// malformed, io.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<Words>> read(RegisterPlace first,
                                                                     std::uint16_t count);
    [[nodiscard]] boost::asio::awaitable<bridge::Result<>> write(std::uint16_t index, std::uint16_t value);

    /// Ends the thread. Nothing but the next call is possible then.
    void stop() { thread_.join(); }
    /// The same as `write`, and blocks, a second at most: for the end, when no loop runs any more.
    [[nodiscard]] bridge::Result<> write_and_wait(std::uint16_t index, std::uint16_t value);

  private:
    struct Close {
        void operator()(_modbus* context) const;
    };
    std::unique_ptr<_modbus, Close> context_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace luxtronik
