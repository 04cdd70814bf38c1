// SPDX-License-Identifier: MIT
#include <bridge/settings.hpp>

#include "isems.hpp"
#include "luxtronik.hpp"
#include "mastertronic.hpp"
#include "mfm.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Kind {
    std::string_view name;
    std::string_view help;
    int (*run)(std::vector<std::string> const& arguments);
};

constexpr std::array<Kind, 4> kinds = {{
    {"isems", "a crowd of solar nodes with their web servers", devsim::run_isems},
    {"luxtronik", "a heat pump's controller on TCP", devsim::run_luxtronik},
    {"mastertronic", "a Mastertronic water tester's HTTP server", devsim::run_mastertronic},
    {"mfm", "a mains frequency board on a pseudo terminal or TCP", devsim::run_mfm},
}};

std::string help() {
    std::string text =
        "Simulated devices, for demos and tests.\n"
        "Usage: devsim KIND [flags]\n\n";
    for (auto const& kind : kinds) text += fmt::format("  {:<12} {}\n", kind.name, kind.help);
    return text + "\ndevsim KIND --help says the flags; devsim --version the version.\n";
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) {
        fmt::print(stderr, "devsim: which kind of device? (--help lists them)\n");
        return 2;
    }
    std::string const kind_name = arguments.front();
    arguments.erase(arguments.begin());
    if (kind_name == "--help" || kind_name == "-h") {
        fmt::print("{}", help());
        return 0;
    }
    if (kind_name == "--version") {
        fmt::print("devsim {}\n", bridge::version());
        return 0;
    }
    for (auto const& kind : kinds) {
        if (kind.name == kind_name) return kind.run(arguments);
    }
    fmt::print(stderr, "devsim: there is no kind of device named {} (--help lists them)\n", kind_name);
    return 2;
}
