// SPDX-License-Identifier: MIT
#pragma once

#include "support/file_descriptor.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// A service manager's end of sd_notify: a datagram socket that keeps what it is told.
class NotifySocket {
  public:
    explicit NotifySocket(std::filesystem::path path);

    [[nodiscard]] std::string const& path() const { return path_; }
    /// What came since the last call, in order.
    [[nodiscard]] std::vector<std::string> take() const;

  private:
    std::string path_;
    FileDescriptor socket_;
};

}  // namespace test
