// SPDX-License-Identifier: MIT
#pragma once

#include "temp_folder.hpp"

#include <cstdint>

namespace test {

/// From here on this process and its children have a network of their own: a loopback and nothing else. As
/// `enter_private_namespaces` has it.
void enter_private_network();

/// While this lives, every TCP packet from or to this port is dropped without a word, as behind a cable that
/// was pulled. After `enter_private_network`.
class PulledCable {
  public:
    PulledCable(TempFolder const& folder, std::uint16_t port);
    ~PulledCable();
    PulledCable(PulledCable const&) = delete;
    PulledCable& operator=(PulledCable const&) = delete;

  private:
    TempFolder const& folder_;
};

}  // namespace test
