// SPDX-License-Identifier: MIT
#include "fault_script.hpp"

#include <bridge/settings.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace devsim {

namespace {

constexpr DeviceTime default_span = std::chrono::seconds(5);

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find(separator, start), text.size());
        parts.push_back(bridge::trimmed(text.substr(start, end - start)));
        start = end + 1;
    }
    return parts;
}

/// `0.05` or `5%`.
std::optional<double> read_chance(std::string_view text) {
    bool const percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    auto const number = bridge::to_number<double>(text);
    if (!number) return std::nullopt;
    double const chance = percent ? *number / 100 : *number;
    return chance >= 0 && chance <= 1 ? std::optional(chance) : std::nullopt;
}

/// Whether the value is what this word of a vocabulary stands for.
bool matches(std::string_view word, std::string_view value) {
    return word == "N" ? bridge::to_number<std::size_t>(value).has_value() : word == value;
}

}  // namespace

bridge::Result<Cue> FaultScript::parse_cue(std::string_view text) const {
    auto const wrong = [text](std::string_view why) {
        return bridge::Error{bridge::Errc::config, fmt::format("in {}: {}", bridge::quote(text), why)};
    };
    auto const at = text.find('@');
    if (at == std::string_view::npos) return wrong("it must be NAME[=VALUE]@START[+DURATION]");
    auto const what = text.substr(0, at);
    auto const when = text.substr(at + 1);
    auto const equals = std::min(what.find('='), what.size());
    auto const plus = std::min(when.find('+'), when.size());

    Cue cue;
    cue.name = bridge::trimmed(what.substr(0, equals));
    bool const has_value = equals < what.size();
    if (has_value) cue.value = bridge::trimmed(what.substr(equals + 1));
    auto const kind = std::find_if(vocabulary_.begin(), vocabulary_.end(),
                                   [&](CueKind const& known) { return known.name == cue.name; });
    if (kind == vocabulary_.end()) return wrong("there is no such fault (--help lists them)");

    if (kind->effect == CueKind::Effect::lines) {
        auto const chance = read_chance(has_value ? cue.value : "1");
        if (!chance) return wrong("the value must be a chance, as 0.05 or 5%");
        cue.chance = *chance;
    } else if (auto const words = split(kind->values, '|');
               std::none_of(words.begin(), words.end(),
                            [&](std::string_view word) { return matches(word, cue.value); })) {
        if (kind->values.empty()) return wrong("this fault takes no value");
        return wrong(fmt::format("the value must be one of {}", kind->values));
    }

    std::chrono::milliseconds start{};
    std::chrono::milliseconds duration{};
    if (!bridge::read_setting(bridge::trimmed(when.substr(0, plus)), start)) {
        return wrong("START must be a time, as 20s or 1.5min");
    }
    cue.start = start;
    if (plus < when.size()) {
        if (!bridge::read_setting(bridge::trimmed(when.substr(plus + 1)), duration) ||
            duration.count() == 0) {
            return wrong("DURATION must be a time above 0, as 500ms or 3s");
        }
        if (kind->effect == CueKind::Effect::moment) return wrong("this fault takes no duration");
        cue.duration = duration;
    } else if (kind->effect == CueKind::Effect::span) {
        cue.duration = default_span;
    }
    return cue;
}

bridge::Result<> FaultScript::parse(std::string_view text) {
    std::vector<Cue> cues;
    for (auto const part : split(text, ',')) {
        if (part.empty()) continue;
        auto cue = parse_cue(part);
        if (!cue) return cue.error();
        cues.push_back(std::move(*cue));
    }
    std::stable_sort(cues.begin(), cues.end(), [](Cue const& a, Cue const& b) { return a.start < b.start; });
    cues_ = std::move(cues);
    return {};
}

Cue const* FaultScript::lasting(std::string_view name, DeviceTime time) const {
    auto const found = std::find_if(cues_.begin(), cues_.end(), [&](Cue const& cue) {
        return cue.name == name && time >= cue.start && time < cue.end();
    });
    return found == cues_.end() ? nullptr : &*found;
}

Cue const* FaultScript::take(std::string_view name, DeviceTime time) {
    auto const found = std::find_if(cues_.begin(), cues_.end(), [&](Cue const& cue) {
        return cue.name == name && !cue.taken && cue.duration == DeviceTime::zero() && time >= cue.start;
    });
    if (found == cues_.end()) return nullptr;
    found->taken = true;
    return &*found;
}

bool FaultScript::hits_line(std::string_view name, DeviceTime time, Random& random) {
    Cue const* cue = lasting(name, time);
    if (!cue) cue = take(name, time);
    return cue && random.chance(cue->chance);
}

bool FaultScript::mentions(std::string_view name) const {
    return std::any_of(cues_.begin(), cues_.end(), [&](Cue const& cue) { return cue.name == name; });
}

std::string FaultScript::help() const {
    std::string text =
        "Faults: NAME[=VALUE]@START[+DURATION], separated by commas; times are device time from the start "
        "of\n"
        "the program: 500ms, 20s, 1.5min; without a unit, seconds. Example:\n"
        "  --fault unplug@20s+5s,noise=1%@1min+10min,reset@2min\n";
    auto const list = [&](CueKind::Effect effect, std::string_view heading) {
        text += heading;
        for (auto const& kind : vocabulary_) {
            if (kind.effect != effect) continue;
            std::string value = kind.values.empty() ? "" : fmt::format("={}", kind.values);
            if (kind.values.starts_with('|')) value = fmt::format("[={}]", kind.values.substr(1));
            text += fmt::format("  {:<22} {}\n", fmt::format("{}{}", kind.name, value), kind.help);
        }
    };
    list(CueKind::Effect::moment, "happening once (no DURATION):\n");
    list(CueKind::Effect::span, "lasting (5s unless +DURATION):\n");
    list(CueKind::Effect::lines,
         "damaging the next line, or with +DURATION each of its lines; VALUE is the chance of each (5%):\n");
    return text;
}

}  // namespace devsim
