// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/recording.hpp>
#include <bridge/result.hpp>

#include <fstream>
#include <optional>
#include <string>

namespace bridge {

/// A recording on disk, read frame by frame however long it is.
class RecordingFile {
  public:
    /// Reads it once to its end, so that nothing is made of one that is broken further down. Errors, whole
    /// sentences with file and line: io, malformed.
    [[nodiscard]] static Result<RecordingFile> open(std::string const& file);

    /// Nothing after the last one.
    [[nodiscard]] Result<std::optional<RecordedFrame>> next();

    /// True if the last line was cut when it was written; it is left out.
    [[nodiscard]] bool is_cut() const { return is_cut_; }

  private:
    explicit RecordingFile(std::string const& file) : file_(file), text_(file, std::ios::binary) {}

    std::string file_;
    std::ifstream text_;
    RecordingReader reader_;
    bool is_cut_ = false;
};

}  // namespace bridge
