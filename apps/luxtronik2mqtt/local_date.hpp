// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <chrono>

namespace luxtronik {

/// The day of the calendar where the host is, by its time zone (TZ, or /etc/localtime): some days have 23 or
/// 25 hours.
[[nodiscard]] std::chrono::sys_days local_date(bridge::Timestamp time);

}  // namespace luxtronik
