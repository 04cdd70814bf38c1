// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace bridge {

/// What the caller can do about an error; never more kinds than callers tell apart.
enum class Errc {
    malformed,     ///< the bytes are not what the protocol says
    out_of_range,  ///< well formed, but a value that cannot be
    unsupported,   ///< understood, and not handled here
    timed_out,     ///< no answer before the deadline
    closed,        ///< the other side ended the connection
    unreachable,   ///< no connection could be made
    io,            ///< the operating system refused
    config,        ///< a person has to change a setting
};

/// The kind as one lower-case word, for logs and metric labels.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// Programs branch on `code`; `detail` is for people and is never compared.
struct Error {
    Errc code;
    std::string detail;
};

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace bridge
