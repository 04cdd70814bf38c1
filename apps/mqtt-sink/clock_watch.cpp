// SPDX-License-Identifier: MIT
#include "clock_watch.hpp"

namespace sink {

namespace {

/// No more than a jump away from what the monotonic clock says.
bool follows(bridge::Clocks const& earlier, bridge::Clocks const& now) {
    auto const expected =
        earlier.wall + std::chrono::duration_cast<std::chrono::milliseconds>(now.steady - earlier.steady);
    return now.wall <= expected + ClockWatch::most_jump && now.wall >= expected - ClockWatch::most_jump;
}

}  // namespace

ClockWatch::ClockWatch(std::optional<bridge::Timestamp> remembered, bridge::Clocks now) {
    if (remembered) believed_ = bridge::Clocks{*remembered, now.steady};
}

bool ClockWatch::believed(bridge::Clocks now) {
    if (!bridge::is_set(now.wall)) {
        trial_.reset();
        return false;
    }
    if (!believed_ || !follows(*believed_, now)) {
        if (!trial_ || !follows(*trial_, now)) trial_ = now;
        if (now.steady - trial_->steady < probation) return false;
    }
    trial_.reset();
    believed_ = now;
    return true;
}

}  // namespace sink
