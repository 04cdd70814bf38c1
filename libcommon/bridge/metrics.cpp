// SPDX-License-Identifier: MIT
#include <bridge/metrics.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bridge {

namespace {

std::string label_set(Metrics::Labels const& labels) {
    if (labels.empty()) return {};
    std::string out;
    for (auto const& [name, value] : labels) {
        out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", name, escaped_label(value));
    }
    return out + "}";
}

std::string shown(std::uint64_t value) { return fmt::to_string(value); }
std::string shown(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

/// Empty: it has no value now.
std::string shown(std::optional<double> value) { return value ? shown(*value) : std::string(); }

template <class Families>
void append(std::string& out, Families const& families, std::string_view type) {
    for (auto const& [name, family] : families) {
        std::string series;
        for (auto const& [labels, member] : family.members) {
            std::string const value = shown(member->value());
            if (!value.empty()) series += fmt::format("{}{} {}\n", name, label_set(labels), value);
        }
        if (series.empty()) continue;
        out += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name, family.help, name, type, series);
    }
}

template <class Families>
auto& member(Families& families, std::string const& name, std::string const& help, Metrics::Labels labels) {
    auto& family = families[name];
    family.help = help;
    auto& slot = family.members[std::move(labels)];
    using M = typename std::remove_reference_t<decltype(slot)>::element_type;
    if (!slot) slot = std::make_unique<M>();
    return *slot;
}

}  // namespace

std::string escaped_label(std::string_view value) {
    std::string out;
    for (char const c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

Counter& Metrics::counter(std::string const& name, std::string const& help, Labels labels) {
    return member(counters_, name, help, std::move(labels));
}

Gauge& Metrics::gauge(std::string const& name, std::string const& help, Labels labels) {
    return member(gauges_, name, help, std::move(labels));
}

Observed& Metrics::observed(std::string const& name, std::string const& help, Observed::Type type,
                            Labels labels) {
    auto& families = type == Observed::Type::counter ? observed_counters_ : observed_gauges_;
    return member(families, name, help, std::move(labels));
}

std::string Metrics::text() const {
    std::string out;
    append(out, counters_, "counter");
    append(out, gauges_, "gauge");
    append(out, observed_counters_, "counter");
    append(out, observed_gauges_, "gauge");
    return out;
}

}  // namespace bridge
