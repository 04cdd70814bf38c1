// SPDX-License-Identifier: MIT
#pragma once

#include "support/database.hpp"
#include "support/publisher.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace test {

/// Readings of simulated devices, numbered: number n is the value of the field `n` at the time first_ts + n.
class NumberedLoad {
  public:
    NumberedLoad();

    [[nodiscard]] Publisher::Text message(std::size_t number) const;
    /// The numbers that are in the store, each as often as it is there.
    [[nodiscard]] std::multiset<std::size_t> stored(Database const& database) const;
    [[nodiscard]] std::int64_t stored_count(Database const& database) const;
    /// The acknowledged numbers that are not in the store.
    [[nodiscard]] std::vector<std::size_t> missing(Database const& database,
                                                   std::vector<bool> const& acknowledged) const;

  private:
    std::int64_t first_ts_;
};

}  // namespace test
