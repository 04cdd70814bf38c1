// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"
#include "luxtronik_house.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace devsim {

/// `V3.90.1`: the numbers between the dots.
struct LuxtronikRelease {
    int major = 0, minor = 0, patch = 0;
    auto operator<=>(LuxtronikRelease const&) const = default;
};
[[nodiscard]] std::optional<LuxtronikRelease> luxtronik_release(std::string_view firmware);

/// The registers of the Smart Home Interface: inputs show the house, holdings are what others want of it.
/// What they want is forgotten when nothing was read or written for ten minutes. Written from the notes on
/// the protocol, not from any decoder. Pure: time is given, and must not run backwards.
class LuxtronikRegisters {
  public:
    static constexpr LuxtronikRelease first_release{3, 90, 1};
    static constexpr DeviceTime patience{600};
    static constexpr std::uint16_t not_available = 0x7fff;

    /// As Modbus numbers them.
    enum class Refusal { illegal_address = 2, illegal_value = 3 };
    struct Answer {
        std::vector<std::uint16_t> values = {};
        std::optional<Refusal> refused = {};
    };
    /// A holding that is other than before.
    struct Change {
        int index = 0;
        int value = 0;
        bool lapsed = false;  ///< or done; else written
    };

    explicit LuxtronikRegisters(LuxtronikRelease release);

    /// `index` counts from 0 at address 10000. One that is missing fails the whole read.
    [[nodiscard]] Answer read_inputs(HouseState const& house, int index, int count) const;
    [[nodiscard]] Answer read_holdings(int index, int count) const;
    /// What lies before a register that is missing is written, then it fails.
    [[nodiscard]] std::optional<Refusal> write(int index, std::vector<std::uint16_t> const& values);

    /// To be called with each request.
    void asked(DeviceTime time) { last_asked_ = time; }
    /// To be called now and then.
    void let_lapse(DeviceTime time);
    /// What is wanted there; 0 where it is missing.
    [[nodiscard]] int holding(int index) const;
    /// Extra hot water that was wanted is wanted no more once the tank is warm.
    void follow(HouseState const& house);
    /// Since the last call, in order.
    [[nodiscard]] std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

    /// From now on these are missing, whatever the firmware; a fault.
    void hide(std::optional<int> index) { hidden_ = index; }
    /// The version that the registers show instead of theirs; a fault.
    void show_release(std::optional<LuxtronikRelease> other) { shown_ = other.value_or(release_); }

  private:
    struct Holding {
        std::uint16_t value, usual;
        int least, most;
    };
    void set(int index, Holding& holding, std::uint16_t value, bool lapsed);

    LuxtronikRelease release_;
    LuxtronikRelease shown_;
    std::map<int, Holding> holdings_;
    std::optional<int> hidden_;
    DeviceTime last_asked_{};
    std::vector<Change> changes_;
};

}  // namespace devsim
