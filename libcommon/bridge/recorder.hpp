// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/file.hpp>
#include <bridge/log.hpp>
#include <bridge/pseudonyms.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace bridge {

/// A frame without what says where it comes from (serial numbers, addresses, names, secrets), which still
/// decodes to all else. The error: it cannot be told what is in it, so it must not be shown.
using Redact = std::function<Result<std::string>(Bytes frame, Pseudonyms& names)>;

/// --record: appends what devices send to a file that read_recording reads. Each frame is written as it
/// comes, in one piece, so that whatever ends the program leaves whole lines. What cannot be written ends the
/// recording, said once, and nothing else. Lives and writes on the loop.
class Recorder {
  public:
    struct Settings {
        std::string file;
        std::string program;
        Redact redact = {};  ///< empty: as it came
    };

    /// A recording that is there already is continued, after what a power cut may have left of its last line;
    /// not a redacted one, whose stand-ins would mean something else from there on. `config`: it cannot be
    /// written, or is no recording of this program; a whole sentence.
    [[nodiscard]] static Result<Recorder> open(Settings settings, Log log);

    /// A session with the device begins.
    void begin(std::string const& device) { begun_.insert(device); }
    /// A frame, with the time that its decoder is given.
    void write(std::string const& device, Timestamp time, Bytes frame);

  private:
    Recorder(Settings settings, Log log, File file, std::uint64_t size)
        : settings_(std::move(settings)), log_(log), file_(std::move(file)), size_(size) {}

    [[nodiscard]] bool append(std::string const& text);

    Settings settings_;
    Log log_;
    File file_;
    std::uint64_t size_ = 0;
    std::set<std::string> begun_;  ///< sessions that no frame has come from
    Pseudonyms names_;
    bool left_out_ = false;  ///< it was said that a frame cannot be redacted
};

}  // namespace bridge
