// SPDX-License-Identifier: MIT
#pragma once

#include "support/file_descriptor.hpp"

#include <string>

namespace test {

/// Takes questions at port 53 of a loopback address, and never answers. Needs root.
class SilentNameServer {
  public:
    SilentNameServer();

    [[nodiscard]] std::string address() const;
    /// True once somebody has asked.
    [[nodiscard]] bool asked() const;

  private:
    FileDescriptor socket_;
};

}  // namespace test
