// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include "support/eventually.hpp"
#include "support/fault_switch.hpp"

#include "catch.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace test {

/// A simulated controller on a port of its own.
class Controller {
  public:
    /// `fault`: that it begins with.
    Controller(TempFolder const& folder, std::string const& name, Arguments const& more = {},
               std::string const& fault = "")
        : faults_(folder, name + ".faults", fault),
          port_file_(folder / (name + ".port")),
          process_(folder, {program_path("devsim"), Arguments{"luxtronik", "--port-file", port_file_.string(),
                                                              "--clock", "1768435200"} +
                                                        faults_.arguments() + more}) {
        REQUIRE(eventually([&] { return !read_file(port_file_).empty(); }));
    }

    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(std::stoi(read_file(port_file_)));
    }

    void turn_on(std::string const& fault) const { faults_.turn_on(process_, fault); }
    void turn_off() const { faults_.turn_off(process_); }

    /// Somebody asked it to write something.
    [[nodiscard]] bool was_written() const {
        return process_.errors().find("event=written") != std::string::npos;
    }

    /// Ends it; the blocks that were read from it, and the requests to write that came.
    struct Asked {
        long reads = -1, writes = -1;
    };
    [[nodiscard]] Asked stop() {
        process_.signal(SIGTERM);
        REQUIRE(process_.wait_for_exit(20s) == 0);
        auto const log = process_.errors();
        auto const number = [&](std::string const& name) {
            auto const at = log.find(name);
            return at == std::string::npos ? -1 : std::atol(log.c_str() + at + name.size());
        };
        return {number("reads="), number("writes=")};
    }

  private:
    FaultSwitch faults_;
    std::filesystem::path port_file_;
    Process process_;
};

}  // namespace test
