// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

namespace mfm {

/// True for `tcp://host:port`, the address of a serial server.
[[nodiscard]] bool is_network(std::string const& address);

/// The address is one that can be opened: an absolute path, or `tcp://host:port` with a port.
[[nodiscard]] bridge::Result<> check_address(std::string const& address);

/// Opens the board's line for reading bytes: a serial port, exclusively, at 19200 8N1 and raw, or a serial
/// server within 10 s. A port that somebody has is refused with the name of the process that has it.
[[nodiscard]] boost::asio::awaitable<bridge::Result<boost::asio::posix::stream_descriptor>> open_port(
    std::string address);

}  // namespace mfm
