// SPDX-License-Identifier: MIT
#pragma once

#include "support/file_descriptor.hpp"

#include <chrono>
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
    [[nodiscard]] std::vector<std::string> take();
    /// What came since the last `take`, as far as it was received.
    [[nodiscard]] std::vector<std::string> const& heard() const { return heard_; }
    /// True when something with these words has come since the last `take`, or does within the deadline.
    [[nodiscard]] bool hears(std::string const& words,
                             std::chrono::milliseconds deadline = std::chrono::seconds(30));

  private:
    void receive();

    std::string path_;
    FileDescriptor socket_;
    std::vector<std::string> heard_;
};

}  // namespace test
