// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace devsim {

/// One test as the device's own interfaces describe it: whole numbers, -1 for none.
struct WaterTest {
    std::int64_t id = 0;
    std::string_view parameter;  ///< `KH_VAL`
    int profile = 0;             ///< number of the status letter: T-6 tests KH
    std::int64_t value = -1;
    std::int64_t baselined_value = -1;
    std::int64_t multiply_factor = 1;
    std::int64_t lower_bound = 0, upper_bound = 0;
    std::string note;
    bool hidden = false;
    DeviceTime end{};              ///< after the beginning of its round
    std::int64_t record_time = 0;  ///< unix seconds
    bool operator==(WaterTest const&) const = default;
};

/// A reef tank and the tests of it: KH, calcium and magnesium every 6 hours, nitrate, phosphate and OLI once
/// a day, with what happens to tests: some fail, one is hidden, some have a baseline, two end in the same
/// second. Deterministic by seed; a pure value. All numbers are invented, within what reef tanks have.
class WaterTests {
  public:
    explicit WaterTests(std::uint64_t seed) : seed_(seed) {}

    /// The tests of a round, in order; rounds are numbered from 0. Without number and unix time: when a round
    /// takes place is not its business.
    [[nodiscard]] std::vector<WaterTest> round(std::int64_t number) const;

    static constexpr DeviceTime between_rounds{6 * 3600.0};

  private:
    std::uint64_t seed_;
};

}  // namespace devsim
