// SPDX-License-Identifier: MIT
#include "standstill.hpp"

#include "eventually.hpp"

#include <stdexcept>

namespace test {

void stop_still(Process const& process) {
    process.signal(SIGSTOP);
    auto const status = "/proc/" + std::to_string(process.id()) + "/status";
    if (!eventually([&] { return read_file(status).find("State:\tT") != std::string::npos; }))
        throw std::runtime_error("the process does not stand still");
}

}  // namespace test
