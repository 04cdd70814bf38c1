// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/backoff.hpp>
#include <bridge/field_table.hpp>
#include <bridge/settings.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace mastertronic {

struct Settings {
    std::vector<bridge::Target> targets;
    std::uint16_t port = 80;
    std::chrono::milliseconds interval = std::chrono::minutes(15);
    std::chrono::milliseconds timeout = std::chrono::minutes(1);

    static void bind(bridge::Options& options, Settings& settings);

    /// Of a target that `bind` has let pass.
    [[nodiscard]] bridge::Address address_of(bridge::Target const& target) const;
    [[nodiscard]] std::chrono::milliseconds stale_after() const;
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const& target) const;
    [[nodiscard]] static bridge::FieldTable fields();
    /// From a dump with new results to the one that has to confirm them.
    [[nodiscard]] std::chrono::milliseconds until_confirmed() const;
};

}  // namespace mastertronic
