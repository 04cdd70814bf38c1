// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// What a device sent at one time: a whole frame, as a program gives it to its decoder.
struct RecordedFrame {
    Timestamp time;
    std::string bytes;
    std::string device = {};      ///< whose it is; empty where the recording does not say
    bool begins_session = false;  ///< the device's first after it was connected to
    bool operator==(RecordedFrame const&) const = default;
};

/// Reads a recording line by line: the text form of devices' raw input that golden cases, --record and
/// --replay share. One frame a line:
///
///     # the board speaks protocol 3
///     session cellar
///     1785570000123@cellar NFA50028f+0276P000M92C
///     1785570000300 \x07\\ and more\r\n
///
/// Unix time in milliseconds; `@` and the device, where the recording says whose it is; one blank, and the
/// bytes to the end of the line; without a blank the frame is empty. `session` and a device: it was connected
/// to, and its next frame is the first from there. In bytes and names `\r` `\n` `\t` `\\` and `\xHH` (two hex
/// digits) are escapes; all other bytes stand for themselves, control characters excepted. Lines that are
/// empty or begin with `#` say nothing.
class RecordingReader {
  public:
    /// The next line, without its end; nothing where it has no frame. The error names the line.
    [[nodiscard]] Result<std::optional<RecordedFrame>> line(std::string_view text);

  private:
    std::size_t number_ = 0;
    std::set<std::string> begun_;  ///< devices whose session's first frame has not come
};

/// All frames of a recording. A last line that nothing ends was cut when it was written, and is left out.
[[nodiscard]] Result<std::vector<RecordedFrame>> read_recording(std::string_view text);

/// The line of one frame, line end included, in pure ASCII; reads back the same. `device` may be empty.
[[nodiscard]] std::string recording_line(Timestamp time, std::string_view device, Bytes bytes);
/// The line that begins a session of a device.
[[nodiscard]] std::string session_line(std::string_view device);

}  // namespace bridge
