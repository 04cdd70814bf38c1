// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

#include <string>
#include <vector>

namespace test {

/// A program and what its devices give under default settings.
struct ProgramTable {
    std::string program;  ///< `mfm2mqtt`
    std::string base;     ///< `mfm`
    bridge::FieldTable fields;
};

/// Of all programs with a decoder, by name. (Written by CMake: a program that is added is in it.)
[[nodiscard]] std::vector<ProgramTable> program_tables();

}  // namespace test
