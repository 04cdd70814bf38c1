// SPDX-License-Identifier: MIT
#include <bridge/value_mirror.hpp>

#include <bridge/payload.hpp>

#include <utility>

namespace bridge {

void ValueMirror::note(std::string const& device, std::string const& channel, std::string topic) {
    shown_[device + "/" + channel].insert(std::move(topic));
}

std::vector<Announcement> ValueMirror::show(Sample const& sample) {
    std::vector<Announcement> out;
    std::set<std::string> now;
    for (auto const& reading : sample.readings) {
        auto value = place_(sample, reading);
        if (!value) continue;
        // The broker takes an empty payload for none at all.
        if (!value->payload.empty()) now.insert(value->topic);
        out.push_back(std::move(*value));
    }
    auto& shown = shown_[sample.device + "/" + sample.channel];
    for (auto const& topic : std::exchange(shown, now)) {
        if (!now.contains(topic)) out.push_back({topic, ""});
    }
    return out;
}

std::string ValueTopic::under(std::string_view base) const {
    return std::string(base) + "/" + device + "/value/" + (channel.empty() ? "" : channel + "/") + field;
}

std::optional<ValueTopic> ValueTopic::read(std::string_view base, std::string_view topic) {
    if (!topic.starts_with(std::string(base) + "/")) return std::nullopt;
    topic.remove_prefix(base.size() + 1);
    std::vector<std::string> levels(1);
    for (char const c : topic) {
        if (c == '/') {
            levels.emplace_back();
        } else {
            levels.back() += c;
        }
    }
    if (levels.size() < 3 || levels.size() > 4 || levels[1] != "value") return std::nullopt;
    return ValueTopic{levels[0], levels.size() == 4 ? levels[2] : "", levels.back()};
}

std::vector<std::string> ValueTopic::filters(std::string const& base) {
    return {base + "/+/value/+", base + "/+/value/+/+"};
}

std::optional<std::string> plain_value(Value const& value) {
    if (auto const* const text = std::get_if<std::string>(&value)) return *text;
    if (auto const* const whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    auto number = format_number(std::get<double>(value));
    return number.empty() ? std::nullopt : std::optional(std::move(number));
}

}  // namespace bridge
