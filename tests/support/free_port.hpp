// SPDX-License-Identifier: MIT
#pragma once

#include "file_descriptor.hpp"

#include <cstdint>
#include <string>

namespace test {

/// A TCP port of 127.0.0.1 that the system chose. It stays bound, without listening, for the life of this
/// object: a server that sets SO_REUSEADDR can listen on it, and while that server is down nobody else gets
/// the port, not even a client that would then connect to itself.
class FreePort {
  public:
    FreePort();
    [[nodiscard]] std::uint16_t number() const { return number_; }
    [[nodiscard]] std::string text() const { return std::to_string(number_); }
    /// `127.0.0.1:port`
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + text(); }

  private:
    FileDescriptor socket_;
    std::uint16_t number_ = 0;
};

/// Sockets on 127.0.0.1. The client's is empty when nobody listens.
[[nodiscard]] FileDescriptor listen_on(std::uint16_t port);
[[nodiscard]] FileDescriptor connect_to(std::uint16_t port);

}  // namespace test
