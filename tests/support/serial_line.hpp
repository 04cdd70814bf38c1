// SPDX-License-Identifier: MIT
#pragma once

#include "file_descriptor.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace test {

/// The board's end of a serial line: a pseudo terminal behind a symbolic link, as udev makes one. It is
/// unplugged when this object goes.
class SerialLine {
  public:
    explicit SerialLine(std::filesystem::path link);
    ~SerialLine();
    SerialLine(SerialLine const&) = delete;
    SerialLine& operator=(SerialLine const&) = delete;

    /// The terminal itself, behind the link.
    [[nodiscard]] std::filesystem::path const& terminal() const { return terminal_; }
    /// True once a program has opened the line and set it to 19200 baud, raw, within the deadline. Nothing
    /// that is written earlier is sure to be read.
    [[nodiscard]] bool opened(std::chrono::milliseconds deadline = std::chrono::seconds(30)) const;
    /// All of it, however slowly it is read; throws when the reader is gone or reads nothing for 20 s.
    void write(std::string_view bytes);
    /// As much as fits at once; false when that was not all.
    bool try_write(std::string_view bytes);

  private:
    std::filesystem::path link_, terminal_;
    FileDescriptor board_;
};

}  // namespace test
