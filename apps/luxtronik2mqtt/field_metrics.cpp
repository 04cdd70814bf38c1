// SPDX-License-Identifier: MIT
#include "field_metrics.hpp"

#include "decode.hpp"

#include <bridge/unit.hpp>

#include <fmt/format.h>

#include <optional>
#include <variant>

namespace luxtronik {

using bridge::Observed;

namespace {

Observed::Type type_of(bridge::Field const& field) {
    bool const grows = field.course == bridge::Field::Course::total ||
                       field.course == bridge::Field::Course::total_increasing;
    return grows ? Observed::Type::counter : Observed::Type::gauge;
}

std::string help_of(bridge::Field const& field) {
    auto const* const unit = bridge::unit_symbol(field).empty() ? nullptr : bridge::unit_of(field.name);
    return unit ? fmt::format("{} In {}.", field.meaning, unit->meaning) : field.meaning;
}

bridge::Metrics::Labels labels_of(std::string const& device, std::string const& channel) {
    bridge::Metrics::Labels labels = {{"device", device}};
    if (!channel.empty()) labels.emplace_back("channel", channel);
    return labels;
}

std::optional<double> number_of(bridge::Value const& value) {
    if (auto const* number = std::get_if<double>(&value)) return *number;
    if (auto const* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::nullopt;
}

}  // namespace

FieldMetrics::FieldMetrics(bridge::Metrics& metrics, std::string const& device,
                           bridge::FieldTable const& fields, std::vector<ChosenMetric> const& chosen) {
    for (auto const& field : fields) {
        if (field.kind == bridge::Field::Kind::text) continue;
        fields_.emplace(std::pair(field.channel, field.name),
                        &metrics.observed("luxtronik_" + field.name, help_of(field), type_of(field),
                                          labels_of(device, field.channel)));
    }
    for (auto const& metric : chosen) {
        auto const type = metric.is_counter ? Observed::Type::counter : Observed::Type::gauge;
        auto const help = fmt::format("{} of the controller.", metric.identifier);
        chosen_.emplace_back(metric.identifier,
                             &metrics.observed(metric.name, help, type, labels_of(device, "")));
        identifiers_.push_back(metric.identifier);
    }
}

void FieldMetrics::show_poll(bridge::Bytes blocks, std::vector<bridge::Sample> const& samples,
                             Equipment const& equipment) {
    // A poll may lack a channel that the last one had.
    for (auto const* channel : {"", "parameters"}) clear(channel);
    for (auto const& sample : samples) show(sample);
    show_chosen(blocks, equipment);
}

void FieldMetrics::show(bridge::Sample const& sample) {
    clear(sample.channel);
    for (auto const& reading : sample.readings) {
        auto const number = number_of(reading.value);
        auto const place = fields_.find({sample.channel, reading.name});
        if (number && place != fields_.end()) place->second->set(*number);
    }
}

void FieldMetrics::show_chosen(bridge::Bytes blocks, Equipment const& equipment) {
    auto const found = numbers(blocks, identifiers_, equipment);
    auto const known = found ? *found : std::map<std::string, double>();
    for (auto const& [identifier, metric] : chosen_) {
        auto const number = known.find(identifier);
        number == known.end() ? metric->clear() : metric->set(number->second);
    }
}

void FieldMetrics::clear(std::string const& channel) {
    for (auto place = fields_.lower_bound({channel, ""});
         place != fields_.end() && place->first.first == channel; ++place) {
        place->second->clear();
    }
}

void FieldMetrics::clear() {
    for (auto& [place, metric] : fields_) metric->clear();
    for (auto& [identifier, metric] : chosen_) metric->clear();
}

}  // namespace luxtronik
