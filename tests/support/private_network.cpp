// SPDX-License-Identifier: MIT
#include "private_network.hpp"

#include "file_descriptor.hpp"
#include "private_namespaces.hpp"
#include "process.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace test {

namespace {

constexpr auto nft = "/usr/sbin/nft";

}  // namespace

void enter_private_network() {
    enter_private_namespaces(CLONE_NEWNET);
    FileDescriptor const socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0)
        throw std::system_error(errno, std::generic_category(), "the loopback of a private network");
}

PulledCable::PulledCable(TempFolder const& folder, std::uint16_t port) : folder_(folder) {
    auto const number = std::to_string(port);
    auto const rules = folder.write("cable.nft",
                                    "table ip cable {\n chain in {\n  type filter hook input priority 0\n"
                                    "  tcp dport " +
                                        number + " drop\n  tcp sport " + number + " drop\n }\n}\n");
    auto const made = run(folder, {nft, {"-f", rules}, {}});
    if (made.exit_code != 0) throw std::runtime_error("nft: " + made.errors);
}

PulledCable::~PulledCable() { (void)run(folder_, {nft, {"delete", "table", "ip", "cable"}, {}}); }

}  // namespace test
