// SPDX-License-Identifier: MIT
#include "damaged_file.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>

namespace sink {

bridge::Result<std::string> set_file_aside(std::string const& path, bridge::Timestamp now) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::string const aside = fmt::format("{}.damaged-{:%Y-%m-%dT%H%M%SZ}", path, fmt::gmtime(seconds));
    std::error_code failure;
    if (std::filesystem::exists(aside, failure)) {
        return bridge::Error{bridge::Errc::io, aside + " is there already"};
    }
    // The database last: without its file no new one is begun, and none must find the old one's log.
    for (auto const* of : {"-wal", "-shm", ""}) {
        std::filesystem::rename(path + of, aside + of, failure);
        if (failure && (*of == '\0' || failure != std::errc::no_such_file_or_directory)) {
            return bridge::Error{bridge::Errc::io,
                                 fmt::format("cannot rename {}{}: {}", path, of, failure.message())};
        }
    }
    return aside;
}

}  // namespace sink
