// SPDX-License-Identifier: MIT
#pragma once

#include "decode.hpp"
#include "smart_home_table.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace luxtronik {

/// Neighbours in one list, read by one request.
struct RegisterSpan {
    RegisterPlace first;
    std::uint16_t count = 0;
    bool operator==(RegisterSpan const&) const = default;
};

/// The requests that read all registers that this firmware has, but those that are known to be missing: a
/// request that touches one that is missing fails whole, so none goes over a gap. With Selection::named those
/// of unknown meaning are gaps too. `missing`: first places of values.
[[nodiscard]] std::vector<RegisterSpan> register_plan(Release firmware,
                                                      std::set<RegisterPlace> const& missing,
                                                      Selection selection);

/// A request that was refused as two smaller ones, so as to find out what is missing; nothing if it is one
/// value already, which then is what is missing. No value of two words is torn.
[[nodiscard]] std::optional<std::pair<RegisterSpan, RegisterSpan>> halves(RegisterSpan span);

}  // namespace luxtronik
