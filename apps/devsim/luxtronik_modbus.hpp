// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/result.hpp>

#include "fault_script.hpp"
#include "luxtronik_registers.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace devsim {

/// The faults that a Smart Home Interface can show.
[[nodiscard]] std::span<CueKind const> modbus_cues();

/// What is wrong at one moment.
struct ModbusFaults {
    bool stall = false;                    ///< no answer; the connection stays
    bool reset = false;                    ///< the connection is reset at a request
    std::optional<std::size_t> cut_after;  ///< bytes of an answer, then the connection is closed
    bool wrong_id = false;                 ///< the answer belongs to another request
    bool busy = false;                     ///< every request is refused with exception 6
    bool single = false;                   ///< who comes while one is connected is refused
    std::optional<int> hidden;             ///< a register that is gone
    bool old = false;                      ///< the version registers say 3.89.0
};
[[nodiscard]] ModbusFaults modbus_faults(FaultScript const& script, DeviceTime time);

/// A controller's Smart Home Interface: Modbus TCP, framed here. What is written, and what lapses, is said in
/// the log as `at=smart_home event=holding`. Made, used and destroyed on the loop; not to be moved.
class LuxtronikModbus {
  public:
    struct Device {
        LuxtronikRegisters registers;
        std::function<HouseState()> house;
        std::function<DeviceTime()> time;
        std::function<ModbusFaults()> faults;  ///< asked at each request
        /// Told when what is wanted has changed.
        std::function<void(LuxtronikRegisters const&)> changed = [](LuxtronikRegisters const&) {};
    };

    /// `address`: a numeric one. Port 0: one that the system chooses.
    [[nodiscard]] static bridge::Result<std::unique_ptr<LuxtronikModbus>> open(
        boost::asio::any_io_executor loop, std::string const& address, std::uint16_t port, Device device,
        bridge::Log log);
    ~LuxtronikModbus();
    LuxtronikModbus(LuxtronikModbus const&) = delete;
    LuxtronikModbus& operator=(LuxtronikModbus const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint64_t requests() const;

  private:
    class Impl;
    explicit LuxtronikModbus(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;
};

}  // namespace devsim
