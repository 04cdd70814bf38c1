// SPDX-License-Identifier: MIT
// What Catch2 2 and 3 call differently.
#pragma once

#include <string>

#include "catch.hpp"

/// The text contains this part.
inline auto contains_text(std::string const& part) {
#if __has_include(<catch2/catch_all.hpp>)
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}
