// SPDX-License-Identifier: MIT
#pragma once

#include "support/file_descriptor.hpp"

#include <string>

namespace test {

/// Takes questions at port 53 of a free loopback address, and never answers. Needs root.
class SilentNameServer {
  public:
    SilentNameServer();

    [[nodiscard]] std::string const& address() const { return address_; }
    /// True once somebody has asked.
    [[nodiscard]] bool asked() const;

  private:
    FileDescriptor socket_;
    std::string address_;
};

}  // namespace test
