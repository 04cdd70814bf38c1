// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// What a device sent at one time: a whole frame, as a program gives it to its decoder.
struct RecordedFrame {
    Timestamp time;
    std::string bytes;
    bool operator==(RecordedFrame const&) const = default;
};

/// Reads a recording, the text form of a device's raw input that golden cases, --record and --replay share.
/// One frame a line:
///
///     # the board speaks protocol 3
///     1785570000123 NFA50028f+0276P000M92C
///     1785570000300 \x07\\ and more\r\n
///
/// Unix time in milliseconds, one blank, and the bytes to the end of the line; without a blank after the time
/// the frame is empty. `\r` `\n` `\t` `\\` and `\xHH` (two hex digits) are escapes; all other bytes stand for
/// themselves, control characters excepted. Lines that are empty or begin with `#` say nothing.
/// The error names the line.
[[nodiscard]] Result<std::vector<RecordedFrame>> read_recording(std::string_view text);

/// The line of one frame, line end included, in pure ASCII; reads back the same.
[[nodiscard]] std::string recording_line(Timestamp time, Bytes bytes);

}  // namespace bridge
