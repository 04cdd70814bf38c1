// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace devsim {

/// The parameters of a controller that were written over the network.
class LuxtronikWrites {
  public:
    /// `shows`: when it is read back.
    void write(std::size_t index, std::int32_t value, DeviceTime shows);
    /// What is read back by now, by index.
    [[nodiscard]] std::map<std::size_t, std::int32_t> const& shown(DeviceTime now);
    /// Puts that into the list.
    void apply(std::vector<std::int32_t>& parameters, DeviceTime now);

  private:
    struct Pending {
        std::int32_t value;
        DeviceTime shows;
    };
    std::map<std::size_t, Pending> pending_;
    std::map<std::size_t, std::int32_t> shown_;
};

}  // namespace devsim
