// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "device_time.hpp"
#include "random.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace devsim {

/// A fault that a kind of device can show.
struct CueKind {
    enum class Effect {
        moment,  ///< happens once: takes no duration
        span,    ///< a state that lasts: 5 s unless a duration is given
        lines,   ///< damages lines: the next one, or each line of the duration, with the chance that is its
                 ///< value
    };
    std::string_view name;
    Effect effect;
    std::string_view
        values;  ///< the words allowed after `=`, as `1|2|any`; `N`: a whole number; a leading `|`: none too
    std::string_view help;
};

/// One entry of a script: `unplug@20s+5s`.
struct Cue {
    std::string name;
    std::string value;
    DeviceTime start{};
    DeviceTime duration{};  ///< zero: a moment, or the next line
    double chance = 1;      ///< of each line, where lines are damaged
    bool taken = false;     ///< a moment that has been acted on

    [[nodiscard]] DeviceTime end() const { return start + duration; }
};

/// What goes wrong and when, in device time: `NAME[=VALUE]@START[+DURATION]`, separated by commas. Knows the
/// words of one kind of device, and nothing of what they do. A pure value.
class FaultScript {
  public:
    /// `vocabulary` must outlive the script.
    explicit FaultScript(std::span<CueKind const> vocabulary) : vocabulary_(vocabulary) {}

    /// Replaces the script. The error says what is wrong with which cue.
    [[nodiscard]] bridge::Result<> parse(std::string_view text);

    /// The cue of this name that lasts at this time, or null.
    [[nodiscard]] Cue const* lasting(std::string_view name, DeviceTime time) const;

    /// The earliest moment of this name that has come and was not yet taken, or null. Taken by asking.
    [[nodiscard]] Cue const* take(std::string_view name, DeviceTime time);

    /// Whether this fault damages the line that is sent at this time.
    [[nodiscard]] bool hits_line(std::string_view name, DeviceTime time, Random& random);

    [[nodiscard]] bool mentions(std::string_view name) const;

    /// The grammar and the words, for --help.
    [[nodiscard]] std::string help() const;

  private:
    [[nodiscard]] bridge::Result<Cue> parse_cue(std::string_view text) const;

    std::span<CueKind const> vocabulary_;
    std::vector<Cue> cues_;
};

}  // namespace devsim
