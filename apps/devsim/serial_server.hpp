// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "file_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace devsim {

/// The device's end of a serial line that a serial server leads to: a TCP port. One client at a time, the
/// newest; what comes while none is there is gone. Used like a `PtyPort`. No call blocks. One thread.
class SerialServer {
  public:
    /// `address`: a numeric one. Port 0: one that the system chooses.
    [[nodiscard]] static bridge::Result<SerialServer> open(std::string const& address, std::uint16_t port);

    /// The server goes away: its client is cut off, and others are refused.
    void unplug();
    /// It is back, at the same port.
    [[nodiscard]] bridge::Result<> plug();
    [[nodiscard]] bool plugged() const { return listener_.is_open(); }

    [[nodiscard]] bool has_reader() const { return client_.is_open(); }

    /// How many of these bytes the kernel took; without a client, none.
    [[nodiscard]] std::size_t write(std::string_view bytes);

    /// To be called often, before each write and every few milliseconds: lets clients in, sees them go, and
    /// throws away what they sent.
    [[nodiscard]] bridge::Result<> tend();

    /// Where the board is: `127.0.0.1:3333`.
    [[nodiscard]] std::string place() const;
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    SerialServer(std::string address, std::uint16_t port) : address_(std::move(address)), port_(port) {}

    std::string address_;
    std::uint16_t port_;
    FileDescriptor listener_, client_;
};

}  // namespace devsim
