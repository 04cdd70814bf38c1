// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/address.hpp>
#include <bridge/result.hpp>

#include "dump.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mastertronic {

constexpr std::uint64_t most_dump_bytes = 64 * 1024 * 1024;

/// The bytes that `GET http://host:port/api/dump_file` answers with, whatever they are. Errors as
/// `bridge::http_get`; unsupported for a status other than 200.
[[nodiscard]] boost::asio::awaitable<bridge::Result<std::string>> download(
    bridge::Address device, std::chrono::milliseconds deadline);

/// What one download is read into.
struct Examination {
    std::string digest;        ///< SHA-256 of the bytes
    std::optional<Dump> dump;  ///< nothing: the bytes are those of the last download
    bridge::Result<> kept;     ///< io: the copy could not be written
    bridge::Timestamp received;
};

struct Download {
    std::string bytes;
    std::string known_digest;  ///< of the last good one
    std::string copy;          ///< file that keeps the last good one, for people; empty: none
    bridge::Timestamp received;
};
/// Reads a dump, and keeps a copy of one that is good. May take seconds: not for the loop's thread.
[[nodiscard]] bridge::Result<Examination> examine(Download const& download);

}  // namespace mastertronic
