// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace generate {

/// The `main` of a build tool: the C++ that `make` makes of the input files goes into the file that is named
/// behind them. Returns the exit code; what `make` throws is told, and ends the build.
inline int run_table_tool(int argc, char** argv, std::vector<std::string_view> const& inputs,
                          std::function<std::string(std::vector<std::string> const& paths)> const& make) {
    std::vector<std::string> paths(argv + 1, argv + argc);
    if (paths.size() != inputs.size() + 1) {
        fmt::print(stderr, "usage: {} {} OUTPUT.cpp\n", argv[0], fmt::join(inputs, " "));
        return 2;
    }
    try {
        std::ofstream output(paths.back(), std::ios::binary);
        output << make(paths) << std::flush;
        if (!output) throw std::runtime_error(fmt::format("cannot write {}", paths.back()));
    } catch (std::runtime_error const& wrong) {
        fmt::print(stderr, "{}\n", wrong.what());
        return 1;
    }
    return 0;
}

}  // namespace generate
