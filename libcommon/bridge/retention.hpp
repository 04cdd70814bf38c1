// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace bridge {

/// Which readings the broker is asked to keep for those who come later.
enum class RetainReadings {
    automatic,  ///< those that do not expire
    always,
    never,
};

/// What decides how long a channel's newest reading is worth showing.
struct Retention {
    RetainReadings asked = RetainReadings::automatic;
    std::chrono::milliseconds stale_after{0};  ///< without a reading for so long the device does not answer
    bool lasting = false;                      ///< nothing expires (`BridgeFacts::lasting`)

    /// Whether a reading of this channel is worthless if no newer one follows soon: it is of a device that is
    /// read every few minutes or more often, and not all of it is properties and settings, which are
    /// published when they change. (A kept reading looks new, so what expires is not kept.)
    [[nodiscard]] bool expires(FieldTable const& fields, std::string_view channel) const;

    [[nodiscard]] bool retained(FieldTable const& fields, std::string_view channel) const;

    /// How long after its arrival a value of the channel is not known any more; nothing: the device's
    /// availability has the say. At least 15 s, and three readings of a channel that is named after its rate
    /// (`10s`).
    [[nodiscard]] std::optional<std::chrono::seconds> expire_after(FieldTable const& fields,
                                                                   std::string_view channel) const;
};

}  // namespace bridge
