// SPDX-License-Identifier: MIT
// Catch2 2 makes its main here; Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include "catch.hpp"
#include "support/payload_check.hpp"

namespace {

void fail_case(std::string const& sentence) { FAIL_CHECK(sentence); }

[[maybe_unused]] bool const told = [] {
    test::on_violation = fail_case;
    return true;
}();

}  // namespace
