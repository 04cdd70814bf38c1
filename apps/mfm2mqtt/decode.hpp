// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace mfm {

/// One line of the mains-frequency board, 19200 8N1, ended by CR LF. The firmware's jumper chooses the
/// protocol and is read before every line, so each line is recognised for itself. (Board documentation of
/// firmware v1.0 and v2.0; `f` one digit of millihertz, `w` of the load difference in MW, `a` of the alarm
/// byte in decimal, `b` one alarm bit from 0 to 7, `c` of the checksum.)
///
///     1  fffff
///     2  fffff;+wwww;aaa
///     3  NFAfffff`f`+wwwwPaaaMccC     c: bytes 3 to 18 (fffff to M) XORed, modulo 100
///     4  fffff;+wwww;b;b;b;b;b;b;b;b
///
/// The sign of the load difference is `+` (over-frequency), `-`, or at exactly nominal frequency the digit
/// `0`.
struct Line {
    int protocol = 1;
    std::uint32_t frequency_mhz = 0;
    std::optional<std::int32_t>
        load_difference_mw;  ///< the firmware's estimate, right for Continental Europe only
    std::optional<std::uint8_t> alarms;
    bool operator==(Line const&) const = default;
};

/// True for a line behind a BEL, which ends the firmware's banner: the board has started again.
[[nodiscard]] bool starts_anew(bridge::Bytes line);

/// `bytes`: a line without its CR LF; a BEL before it has no say in it. Errors:
/// unsupported   words of the firmware: its banner, `XXXXX` when it has no signal, its messages of failed
/// measurements out_of_range  a frequency that no mains has (outside 45 to 65 Hz), or the bare `0` of a
/// measurement not yet made malformed     anything else: a damaged line
[[nodiscard]] bridge::Result<Line> decode_line(bridge::Bytes bytes);

/// A line as a sample of `frequency_hz`. What else a line has is not published.
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes,
                                                                 bridge::Timestamp received);

}  // namespace mfm
