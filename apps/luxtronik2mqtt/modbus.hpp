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
/// at a time, and the loop waits for it; used on the loop.
class Modbus {
  public:
    static constexpr std::chrono::milliseconds patience{2000};         ///< for a whole answer
    static constexpr std::chrono::milliseconds patience_at_end{1500};  ///< for all writes together
    static constexpr std::uint16_t first_address = 10'000;             ///< of index 0

    Modbus() = default;
    ~Modbus() { (void)finished(); }
    Modbus(Modbus const&) = delete;
    Modbus& operator=(Modbus const&) = delete;

    [[nodiscard]] boost::asio::awaitable<bridge::Result<>> open(bridge::Address address);
    [[nodiscard]] bool is_open() const { return context_ != nullptr; }
    void close();

    /// Errors: out_of_range: one of them is missing, or is not to have this value; unsupported: the
    /// controller is busy, or cannot do that. After any other the connection is closed: timed_out, closed,
    /// malformed, io.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<Words>> read(RegisterPlace first,
                                                                     std::uint16_t count);
    [[nodiscard]] boost::asio::awaitable<bridge::Result<>> write(std::uint16_t index, std::uint16_t value);

    /// The end: once the call under way is over, and without the loop, these are written, until one fails or
    /// `patience_at_end` is over. From now on every other call fails. Only the first time counts.
    void finish(std::vector<RegisterWrite> writes);
    /// Waits until that is done: at most `patience` and `patience_at_end`. Errors: as for `write`; closed,
    /// there is no connection.
    [[nodiscard]] bridge::Result<> finished();

  private:
    struct Close {
        void operator()(_modbus* context) const;
    };
    std::unique_ptr<_modbus, Close> context_;
    bool ending_ = false;
    bridge::Result<> ended_;  ///< the thread's until it is joined
    boost::asio::thread_pool thread_{1};
};

}  // namespace luxtronik
