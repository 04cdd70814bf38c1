// SPDX-License-Identifier: MIT
#include "local_date.hpp"

#include <ctime>

namespace luxtronik {

std::chrono::sys_days local_date(bridge::Timestamp time) {
    std::time_t const seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm local{};
    if (!::localtime_r(&seconds, &local)) return std::chrono::floor<std::chrono::days>(time);
    return std::chrono::year(local.tm_year + 1900) /
           std::chrono::month(static_cast<unsigned>(local.tm_mon + 1)) /
           std::chrono::day(static_cast<unsigned>(local.tm_mday));
}

}  // namespace luxtronik
