// SPDX-License-Identifier: MIT
#include "write_budget.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

constexpr auto day = std::chrono::hours(24);

}  // namespace

Result<> WriteBudget::spend(std::string_view name, bridge::Timestamp now) {
    std::erase_if(spent_, [now](Spent const& one) { return now - one.time >= day; });
    // The clock was set back: what seems to come counts as of now.
    for (auto& one : spent_) one.time = std::min(one.time, now);
    for (auto const& one : spent_) {
        if (one.name != name || now - one.time >= pause) continue;
        auto const left = std::chrono::ceil<std::chrono::seconds>(pause - (now - one.time));
        return Error{Errc::out_of_range, fmt::format("{} was written {} s ago: again in {} s", name,
                                                     (pause - left).count(), left.count())};
    }
    if (spent_.size() >= most_a_day) {
        auto const left = std::chrono::ceil<std::chrono::minutes>(day - (now - spent_.front().time));
        return Error{Errc::out_of_range,
                     fmt::format("{} writes in 24 hours are all that the controller's memory is asked for: "
                                 "again in {} min",
                                 most_a_day, left.count())};
    }
    spent_.push_back({now, std::string(name)});
    return {};
}

std::string WriteBudget::text() const {
    std::string text;
    for (auto const& one : spent_)
        text += fmt::format("{} {}\n", one.time.time_since_epoch().count(), one.name);
    return text;
}

Result<WriteBudget> WriteBudget::read(std::string_view text) {
    WriteBudget budget;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto const line = text.substr(0, end);
        auto const blank = line.find(' ');
        auto const time = bridge::to_number<std::int64_t>(line.substr(0, blank));
        if (end == std::string_view::npos || blank == std::string_view::npos || !time)
            return Error{Errc::malformed, "a line of the list of writes cannot be understood"};
        budget.spent_.push_back(
            {bridge::Timestamp(std::chrono::milliseconds(*time)), std::string(line.substr(blank + 1))});
        text.remove_prefix(end + 1);
    }
    return budget;
}

}  // namespace luxtronik
