// SPDX-License-Identifier: MIT
#include "fault_switch.hpp"

#include <fstream>

namespace test {

namespace {

std::string lasting(std::string const& fault) { return fault.empty() ? "" : fault + "@0+30d"; }

}  // namespace

FaultSwitch::FaultSwitch(TempFolder const& folder, std::string const& name, std::string const& fault)
    : file_(folder.write(name, lasting(fault))) {}

void FaultSwitch::turn_on(Process const& device, std::string const& fault) const {
    set(device, lasting(fault));
}

void FaultSwitch::turn_off(Process const& device) const { set(device, ""); }

void FaultSwitch::set(Process const& device, std::string const& script) const {
    // Replaced as a whole: the device may still be reading what was there before.
    auto const fresh = std::filesystem::path(file_.string() + ".new");
    std::ofstream(fresh) << script;
    std::filesystem::rename(fresh, file_);
    device.signal(SIGHUP);
}

}  // namespace test
