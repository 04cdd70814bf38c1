// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"
#include "temp_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// What goes wrong with a simulated device, decided by the test while the device runs, so that nothing
/// depends on how long anything takes.
class FaultSwitch {
  public:
    /// `name`: of the file, when a test has several devices. `fault`: that the device begins with.
    explicit FaultSwitch(TempFolder const& folder, std::string const& name = "faults",
                         std::string const& fault = "");

    /// For the simulator's command line.
    [[nodiscard]] std::vector<std::string> arguments() const { return {"--fault-file", file_.string()}; }
    /// From now on, until it is said otherwise, `device` has this fault: `unplug` or `cut=700`.
    void turn_on(Process const& device, std::string const& fault) const;
    void turn_off(Process const& device) const;

  private:
    void set(Process const& device, std::string const& script) const;
    std::filesystem::path file_;
};

}  // namespace test
