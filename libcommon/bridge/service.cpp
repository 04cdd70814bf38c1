// SPDX-License-Identifier: MIT
#include <bridge/service.hpp>

#include <bridge/text.hpp>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace bridge {

namespace {

/// `CLOCK_MONOTONIC`, as the manager wants it with RELOADING=1.
std::int64_t monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

ServiceManager ServiceManager::from_environment(
    std::function<std::optional<std::string>(std::string const&)> const& environment, int own_pid) {
    ServiceManager manager;
    manager.socket = environment("NOTIFY_SOCKET").value_or("");
    auto const period = to_number<std::int64_t>(environment("WATCHDOG_USEC").value_or(""));
    auto const pid = environment("WATCHDOG_PID");
    bool const ours = !pid || to_number<int>(*pid) == own_pid;
    if (period && *period > 0 && ours) manager.watchdog = std::chrono::microseconds(*period);
    return manager;
}

Service::Service(boost::asio::any_io_executor loop, ServiceManager manager)
    : manager_(std::move(manager)), timer_(std::move(loop)) {}

void Service::ready() {
    notify("READY=1");
    feed();
}

void Service::status(std::string const& sentence) {
    if (std::exchange(status_, sentence) == sentence) return;
    // A line end would begin another assignment.
    std::string line = sentence;
    std::replace(line.begin(), line.end(), '\n', ' ');
    notify("STATUS=" + line);
}

void Service::reloading() { notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us())); }

void Service::stopping() {
    timer_.cancel();
    notify("STOPPING=1");
}

void Service::feed() {
    if (manager_.socket.empty() || !manager_.watchdog) return;
    notify("WATCHDOG=1");
    timer_.expires_after(*manager_.watchdog / 3);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) feed();
    });
}

/// One datagram. A manager that does not take it has its reasons, and nothing here can wait for them.
void Service::notify(std::string const& text) const {
    sockaddr_un address{};
    if (manager_.socket.empty() || manager_.socket.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, manager_.socket.data(), manager_.socket.size());
    if (manager_.socket.front() == '@') address.sun_path[0] = '\0';
    int const descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return;
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + manager_.socket.size());
    (void)!::sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL,
                    reinterpret_cast<sockaddr const*>(&address), size);
    ::close(descriptor);
}

}  // namespace bridge
