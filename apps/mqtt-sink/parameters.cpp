// SPDX-License-Identifier: MIT
#include "parameters.hpp"

#include "time_text.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace sink {

Parameters::Parameters(Given given, std::initializer_list<std::string_view> known)
    : given_(std::move(given)) {
    for (auto const& [name, value] : given_) {
        if (std::ranges::find(known, name) == known.end()) {
            refuse(known.size() == 0
                       ? fmt::format("unknown parameter {}: there are none here", name)
                       : fmt::format("unknown parameter {}: there are {}", name, fmt::join(known, ", ")));
        }
        if (std::ranges::count(given_, name, &Given::value_type::first) > 1)
            refuse(fmt::format("{}= is given twice: give it once", name));
        if (value.size() > most_bytes) refuse(fmt::format("{}= is longer than {} bytes", name, most_bytes));
        if (value.find('\0') != std::string::npos) refuse(fmt::format("{}= has a NUL in it", name));
    }
}

std::string const* Parameters::find(std::string_view name) const {
    auto const found = std::ranges::find(given_, name, &Given::value_type::first);
    return found == given_.end() ? nullptr : &found->second;
}

std::string Parameters::text(std::string_view name) {
    auto const* const value = find(name);
    if (!value) return {};
    if (value->empty()) refuse(fmt::format("{}= is empty: give a value, or leave it out", name));
    return *value;
}

std::string Parameters::needed_text(std::string_view name, std::string_view where) {
    if (!find(name)) refuse(fmt::format("{}= is missing: {} shows them", name, where));
    return text(name);
}

std::optional<std::string> Parameters::maybe_empty(std::string_view name) {
    auto const* const value = find(name);
    return value ? std::optional(*value) : std::nullopt;
}

std::int64_t Parameters::time(std::string_view name, std::string_view otherwise, bridge::Timestamp now) {
    auto const* const value = find(name);
    auto const time = parse_time(value ? std::string_view(*value) : otherwise, now);
    if (!time) {
        refuse(
            fmt::format("{}= must be unix milliseconds, a time like 2026-08-01T07:40:00Z (UTC) or one"
                        " like -1h",
                        name));
        return 0;
    }
    return time->time_since_epoch().count();
}

Span Parameters::span(bridge::Timestamp now) {
    Span const span{time("from", "-24h", now), time("to", "now", now)};
    if (span.to < span.from) refuse("to= is before from=");
    return span;
}

std::optional<std::int64_t> Parameters::count(std::string_view name, std::int64_t most) {
    auto const* const value = find(name);
    if (!value) return std::nullopt;
    auto const number = bridge::to_number<std::int64_t>(*value);
    if (number && *number >= 1 && *number <= most) return number;
    refuse(fmt::format("{}= must be a whole number from 1 to {}", name, most));
    return std::nullopt;
}

std::vector<std::string> Parameters::list(std::string_view name) {
    std::string const all = text(name);
    std::vector<std::string> parts;
    if (all.empty()) return parts;
    for (std::size_t start = 0; start <= all.size();) {
        auto const end = std::min(all.find(',', start), all.size());
        std::string part = all.substr(start, end - start);
        if (part.empty()) refuse(fmt::format("{}= has a part that is empty: write a,b,c", name));
        if (std::ranges::find(parts, part) != parts.end())
            refuse(fmt::format("{}= has {} twice", name, part));
        parts.push_back(std::move(part));
        start = end + 1;
    }
    return parts;
}

void Parameters::refuse(std::string sentence) {
    if (!wrong_) wrong_ = std::move(sentence);
}

}  // namespace sink
