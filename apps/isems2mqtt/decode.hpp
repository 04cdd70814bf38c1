// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace isems {

/// The log of a solar node: lines of 18 or 19 fields, no header, no quoting, the newest line last. (ISEMS
/// website, page "codes"; the nodes' Lua sources, `update_log`.)
///
///     id;1;epoch;firmware;reboot;saving;Voc;Vmpp;Vbat;charge;health;temp;LVD;end;Ah;W;lat;lon[;status]
///
///     Elektra-Dach-Neu;1;1530364575;ATmega8_A_1;711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;
///     52.507309;13.458635;300                                         (one line, broken for the page)
///
/// id: any text without `;`. 1: the record's revision, always 1. epoch: unix seconds, UTC. reboot: countdown
/// to the node's own restart; documented as minutes, which ESP32 nodes count down every 15 s. saving: level
/// 0 to 6. Voc: panel, open circuit; Vmpp: panel at its power point; Vbat: battery, 0 where no controller
/// answers; LVD: low voltage disconnect; end: end of charge, corrected by temperature. charge, health: %.
/// temp: of the battery, deg C; 25.0 where the sensor is missing, which status says. Ah, W: rated. status: 12
/// bits in three hex digits, bit 0 the most significant (0x800 charging ... 0x002).
struct Log {
    std::vector<bridge::Sample> samples;  ///< in the log's order; `device` is the node's id, as it came

    /// Lines that gave no sample, by reason.
    std::size_t not_measured = 0;  ///< the line of zeros that stands there before the first measurement
    std::size_t wrong_clock = 0;   ///< dated before 2015, or after `received`
    std::size_t damaged = 0;       ///< not 18 or 19 fields, cut, or not dated at all
    /// Fields left out of lines that gave a sample: not a number, or one that cannot be.
    std::size_t bad_fields = 0;
};

/// A node's clock may be ahead of ours by so much.
constexpr auto most_ahead = std::chrono::minutes(5);

/// Every line for itself: a bad one costs no other, a bad field none of its line. Errors:
/// unsupported  a web page, or JSON: the node answers, but this is not where its log is
/// malformed    neither one nor the other; an empty answer too
[[nodiscard]] bridge::Result<Log> decode_log(bridge::Bytes bytes, bridge::Timestamp received);

/// What is to be said of a log without samples.
[[nodiscard]] bridge::Error why_nothing(Log const& log);

/// The samples of a log. Besides the errors of `decode_log`:
/// out_of_range  the node has not measured yet, or all its lines have a wrong date
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes,
                                                                 bridge::Timestamp received);

}  // namespace isems
