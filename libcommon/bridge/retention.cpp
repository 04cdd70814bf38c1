// SPDX-License-Identifier: MIT
#include <bridge/retention.hpp>

#include <bridge/text.hpp>

#include <algorithm>

namespace bridge {

namespace {

constexpr auto fast = std::chrono::minutes(5);
constexpr auto shortest_expiry = std::chrono::seconds(15);
constexpr int missed_readings = 3;

/// The time between two readings of a channel that is named after it, as `10s` or `1min`; else zero.
std::chrono::seconds rate_of(std::string_view channel) {
    auto const unit = channel.substr(std::min(channel.find_first_not_of("0123456789"), channel.size()));
    auto const number = to_number<unsigned>(channel.substr(0, channel.size() - unit.size()));
    if (!number) return std::chrono::seconds(0);
    if (unit == "s") return std::chrono::seconds(*number);
    if (unit == "min") return std::chrono::minutes(*number);
    if (unit == "h") return std::chrono::hours(*number);
    return std::chrono::seconds(0);
}

}  // namespace

bool Retention::expires(FieldTable const& fields, std::string_view channel) const {
    if (lasting || stale_after > fast) return false;
    bool known = false;
    for (auto const& field : fields) {
        if (field.channel != channel) continue;
        if (field.course != Field::Course::fixed) return true;
        known = true;
    }
    return !known;
}

bool Retention::retained(FieldTable const& fields, std::string_view channel) const {
    if (asked == RetainReadings::automatic) return !expires(fields, channel);
    return asked == RetainReadings::always;
}

std::optional<std::chrono::seconds> Retention::expire_after(FieldTable const& fields,
                                                            std::string_view channel) const {
    if (retained(fields, channel) || !expires(fields, channel)) return std::nullopt;
    return std::max({shortest_expiry, std::chrono::ceil<std::chrono::seconds>(stale_after),
                     missed_readings * rate_of(channel)});
}

}  // namespace bridge
