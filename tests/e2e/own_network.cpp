// SPDX-License-Identifier: MIT
// Every case that starts real parts has a loopback of its own, so that cases run side by side: no port and no
// broadcast of one is seen by another.
#include "support/private_network.hpp"

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // Catch2 2 shows its listeners only then
#include "catch.hpp"

namespace {

#if CATCH_VERSION_MAJOR >= 3
using Listener = Catch::EventListenerBase;
#else
using Listener = Catch::TestEventListenerBase;
#endif

struct OwnNetwork : Listener {
    using Listener::Listener;
    void testRunStarting(Catch::TestRunInfo const&) override { test::enter_private_network(); }
};
CATCH_REGISTER_LISTENER(OwnNetwork)

}  // namespace
