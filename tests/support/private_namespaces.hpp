// SPDX-License-Identifier: MIT
#pragma once

namespace test {

/// From here on this thread and its children have namespaces of these kinds (CLONE_NEWNS, CLONE_NEWNET) of
/// their own. Works as root, and as a user where user namespaces are allowed; throws where neither is. Before
/// any other thread.
void enter_private_namespaces(int kinds);

}  // namespace test
