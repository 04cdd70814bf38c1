// SPDX-License-Identifier: MIT
#include "mfm_feed.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace devsim {

namespace {

using Effect = CueKind::Effect;

constexpr std::array<CueKind, 11> cues = {{
    {"reset", Effect::moment, "", "the reset line: banner, then the ramp down from 65476"},
    {"protocol", Effect::moment, "1|2|3|4|any", "the jumper (firmware 2); any: each line another"},
    {"unplug", Effect::span, "|power",
     "the cable is pulled: the terminal goes and comes back as another;"
     "\n                         power: the board loses its supply too"},
    {"signal-loss", Effect::span, "",
     "no mains at the input: XXXXX or error texts, then the watchdog's banners"},
    {"frozen", Effect::span, "", "measurements are invalid: the last value again; 0 right after a start"},
    {"cut", Effect::lines, "", "its beginning, or its end with the line end, is lost"},
    {"glue", Effect::lines, "", "its line end is lost"},
    {"noise", Effect::lines, "", "bytes become others above 0x7f, as at a wrong baud rate"},
    {"flip", Effect::lines, "", "one bit flips; without a checksum that can be another valid value"},
    {"escape", Effect::lines, "", "BEL or ESC[2J ESC[H before it"},
    {"babble", Effect::lines, "", "690 digits without a line end instead of it"},
}};

constexpr std::array<std::pair<std::string_view, Damage>, 6> damages = {{
    {"babble", Damage::babble},
    {"noise", Damage::noise},
    {"cut", Damage::cut},
    {"flip", Damage::flip},
    {"glue", Damage::glue},
    {"escape", Damage::escape},
}};

std::string_view to_string(Integrity integrity) {
    switch (integrity) {
        case Integrity::intact:
            return "intact";
        case Integrity::joined:
            return "joined";
        case Integrity::damaged:
            return "damaged";
    }
    return "damaged";
}

}  // namespace

std::span<CueKind const> mfm_cues() { return cues; }

MfmFeed::MfmFeed(MfmBoard board, Grid grid, FaultScript& faults, std::uint64_t seed)
    : board_(std::move(board)), grid_(std::move(grid)), faults_(faults), random_(seed) {}

std::optional<double> MfmFeed::mains(DeviceTime time) {
    if (faults_.lasting("signal-loss", time)) return std::nullopt;
    return grid_.frequency_hz(time);
}

void MfmFeed::follow_script() {
    DeviceTime const now = board_.time();
    if (Cue const* unplug = faults_.lasting("unplug", now); unplug && unplug->value == "power") {
        board_.restart(unplug->end());
    }
    if (faults_.take("reset", now)) board_.restart(now);
    while (Cue const* jumper = faults_.take("protocol", now)) {
        any_protocol_ = jumper->value == "any";
        if (!any_protocol_) board_.set_protocol(jumper->value.front() - '0');
    }
    if (any_protocol_) board_.set_protocol(static_cast<int>(1 + random_.below(4)));
    board_.set_measurement_invalid(faults_.lasting("frozen", now) != nullptr);
}

Transmission MfmFeed::next() {
    follow_script();
    BoardOutput sent = board_.next([this](DeviceTime time) { return mains(time); });
    Transmission line{sent.time, std::move(sent.bytes), board_.protocol(), sent.millihertz,
                      Integrity::intact};
    if (line.millihertz) {
        for (auto const& [name, kind] : damages) {
            if (!faults_.hits_line(name, line.time, random_)) continue;
            DamagedLine damaged = damage(kind, line.bytes, after_line_end_, random_);
            line.bytes = std::move(damaged.bytes);
            line.integrity = damaged.integrity;
            break;
        }
    }
    after_line_end_ = line.bytes.ends_with('\n');
    return line;
}

std::string truth_line(Transmission const& sent, bool alone) {
    if (!sent.millihertz) return fmt::format("{:.6f} {} - other\n", sent.time.count(), sent.protocol);
    bool const joined = sent.integrity == Integrity::intact && !alone;
    return fmt::format("{:.6f} {} {} {}\n", sent.time.count(), sent.protocol, *sent.millihertz,
                       to_string(joined ? Integrity::joined : sent.integrity));
}

}  // namespace devsim
