// SPDX-License-Identifier: MIT
#include "keep.hpp"

#include <bridge/text.hpp>

#include <algorithm>
#include <utility>

namespace sink {

namespace {

using bridge::Errc;
using bridge::Error;

constexpr int days_of_year = 365;
constexpr int most_days = 1000 * days_of_year;
constexpr auto expected =
    "must be times in days or years, by base, with commas between them: mfm=90d,isems=2y; 90d alone is for"
    " all others, mfm=forever takes one out";

/// Nothing inside: for ever.
bridge::Result<std::optional<std::chrono::days>> parse_limit(std::string_view text) {
    if (text == "forever") return std::optional<std::chrono::days>();
    bool const years = text.ends_with('y');
    if (!years && !text.ends_with('d')) return Error{Errc::config, expected};
    auto const number = bridge::to_number<int>(text.substr(0, text.size() - 1));
    if (!number || *number < 1 || *number > most_days / (years ? days_of_year : 1))
        return Error{Errc::config, expected};
    return std::optional(std::chrono::days(*number * (years ? days_of_year : 1)));
}

}  // namespace

bridge::Result<Keep> Keep::parse(std::string_view text) {
    Keep keep;
    bool others_named = false;
    if (text.ends_with(',')) return Error{Errc::config, expected};
    while (!text.empty()) {
        auto const comma = std::min(text.find(','), text.size());
        auto const item = bridge::trimmed(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        auto const equals = item.rfind('=');
        bool const named = equals != std::string_view::npos;
        auto const limit = parse_limit(bridge::trimmed(named ? item.substr(equals + 1) : item));
        if (!limit) return limit.error();
        if (!named && !std::exchange(others_named, true)) {
            keep.others_ = *limit;
            continue;
        }
        std::string base(bridge::trimmed(named ? item.substr(0, equals) : std::string_view()));
        if (base.empty() || !keep.bases_.emplace(std::move(base), *limit).second)
            return Error{Errc::config, expected};
    }
    return keep;
}

std::optional<std::chrono::days> Keep::limit(std::string_view base) const {
    auto const named = bases_.find(base);
    return named == bases_.end() ? others_ : named->second;
}

bool Keep::is_all() const {
    return !others_ && std::ranges::none_of(bases_, [](auto const& base) { return base.second.has_value(); });
}

std::optional<std::string> Keep::shorter_than(Keep const& other) const {
    auto const shorter = [](Limit const& one, Limit const& two) { return one && (!two || *one < *two); };
    if (shorter(others_, other.others_)) return "";
    for (auto const* named : {this, &other}) {
        for (auto const& [base, of_it] : named->bases_) {
            if (shorter(limit(base), other.limit(base))) return base;
        }
    }
    return std::nullopt;
}

}  // namespace sink
