// SPDX-License-Identifier: MIT
// Catch2 2 makes its main here; Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include "catch.hpp"
