// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mastertronic {

/// Which columns of a table hold the parts of a test's result, as positions.
struct Roles {
    std::size_t time = 0, parameter = 0, value = 0;
    std::optional<std::size_t> baselined, factor, hidden;
    bool operator==(Roles const&) const = default;
};

/// By the columns' names, in any case and with or without underscores (`record_time`, `recordTime`). A table
/// holds results if it has a time, a parameter and a value. The names `parameter`, `value`,
/// `baselined_value`, `multiply_factor`, `is_hidden` and `record_time` are those of the device's own
/// interfaces; that its database has them too is a guess, as are all others.
[[nodiscard]] std::optional<Roles> recognise(std::vector<std::string> const& columns);

}  // namespace mastertronic
