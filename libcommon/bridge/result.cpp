// SPDX-License-Identifier: MIT
#include <bridge/result.hpp>

namespace bridge {

std::string_view to_string(Errc code) noexcept {
    switch (code) {
        case Errc::malformed:
            return "malformed";
        case Errc::out_of_range:
            return "out_of_range";
        case Errc::unsupported:
            return "unsupported";
        case Errc::timed_out:
            return "timed_out";
        case Errc::closed:
            return "closed";
        case Errc::unreachable:
            return "unreachable";
        case Errc::io:
            return "io";
        case Errc::config:
            return "config";
    }
    return "unknown";
}

}  // namespace bridge
