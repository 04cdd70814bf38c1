// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/result.hpp>

#include "fault_script.hpp"
#include "luxtronik_memory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace devsim {

/// The faults that a controller can show.
[[nodiscard]] std::span<CueKind const> luxtronik_cues();

/// What is wrong at one moment.
struct LuxtronikFaults {
    std::optional<std::size_t> cut_after;    ///< bytes of answers on a connection, then it is closed
    std::optional<std::size_t> reset_after;  ///< then it is reset
    std::optional<std::size_t> stall_after;  ///< then nothing more comes
    bool dribble = false;                    ///< each byte is sent alone
    std::chrono::milliseconds dribble_pause{0};
    std::int32_t wrong_echo_to = 0;         ///< the command that is echoed wrongly; 0: none
    std::optional<std::int32_t> announced;  ///< instead of the number of values
    std::int32_t announced_more = 0;        ///< added to the number of values
    bool empty = false;                     ///< no block has any value
    bool twice = false;                     ///< each answer comes twice
    std::int32_t status = 0;                ///< of the calculations; above 0: busy
    bool off = false;                       ///< connections are reset

    enum class Acknowledges { what_was_written, another, nothing };
    Acknowledges acknowledges = Acknowledges::what_was_written;
    bool ignores_writes = false;
    std::chrono::milliseconds shows_after{0};  ///< a written value, in device time
    bool restarts_on_write = false;
    std::chrono::milliseconds hangs_for = std::chrono::seconds(10);  ///< when it restarts, in real time
    std::chrono::milliseconds away_for = std::chrono::seconds(102);  ///< after that
    bool one_client = false;
};

/// As a script has it at this time.
[[nodiscard]] LuxtronikFaults luxtronik_faults(FaultScript const& script, DeviceTime time);

/// A controller's binary interface. Answers any number of connections, one request after the
/// other on each. Made, used and destroyed on the loop; not to be moved.
class LuxtronikServer {
  public:
    struct Device {
        std::function<LuxtronikLists()> lists;
        std::function<LuxtronikFaults()> faults;  ///< asked at each request
        std::function<void(std::size_t index, std::int32_t value)> write = [](std::size_t, std::int32_t) {};
    };

    /// `address`: a numeric one. Port 0: one that the system chooses.
    [[nodiscard]] static bridge::Result<std::unique_ptr<LuxtronikServer>> open(
        boost::asio::any_io_executor loop, std::string const& address, std::uint16_t port, Device device,
        bridge::Log log);
    ~LuxtronikServer();
    LuxtronikServer(LuxtronikServer const&) = delete;
    LuxtronikServer& operator=(LuxtronikServer const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Whole requests to read that came.
    [[nodiscard]] std::uint64_t reads() const;
    /// Requests to write that came, whatever became of them: so often a controller's flash would be written.
    [[nodiscard]] std::uint64_t writes() const;

  private:
    class Impl;
    explicit LuxtronikServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;
};

}  // namespace devsim
