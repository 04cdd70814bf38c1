// SPDX-License-Identifier: MIT
#include "register_plan.hpp"

namespace luxtronik {

namespace {

constexpr std::uint16_t most_at_once = 125;  ///< Modbus allows no more

std::uint16_t end_of(RegisterSpan const& span) {
    return static_cast<std::uint16_t>(span.first.index + span.count);
}

bool is_in(RegisterPlace place, RegisterSpan const& span) {
    return place.list == span.first.list && place.index >= span.first.index && place.index < end_of(span);
}

}  // namespace

std::vector<RegisterSpan> register_plan(Release firmware, std::set<RegisterPlace> const& missing,
                                        Selection selection) {
    std::vector<RegisterSpan> plan;
    for (auto const& field : smart_home_table()) {
        bool const wanted = !field.name.empty() || selection == Selection::all;
        if (!wanted || firmware < field.since || missing.contains(field.place)) continue;
        if (!plan.empty()) {
            RegisterSpan& last = plan.back();
            // Bits share their register.
            if (is_in(field.place, last)) continue;
            bool const next = field.place.list == last.first.list && field.place.index == end_of(last);
            if (next && last.count + field.words <= most_at_once) {
                last.count = static_cast<std::uint16_t>(last.count + field.words);
                continue;
            }
        }
        plan.push_back({field.place, field.words});
    }
    return plan;
}

std::optional<std::pair<RegisterSpan, RegisterSpan>> halves(RegisterSpan span) {
    std::vector<std::uint16_t> cuts;
    for (auto const& field : smart_home_table()) {
        bool const inside = is_in(field.place, span) && field.place.index != span.first.index;
        if (inside && (cuts.empty() || cuts.back() != field.place.index)) cuts.push_back(field.place.index);
    }
    if (cuts.empty()) return std::nullopt;
    std::uint16_t const cut = cuts[cuts.size() / 2];
    auto const first_count = static_cast<std::uint16_t>(cut - span.first.index);
    return std::pair(
        RegisterSpan{span.first, first_count},
        RegisterSpan{{span.first.list, cut}, static_cast<std::uint16_t>(span.count - first_count)});
}

}  // namespace luxtronik
