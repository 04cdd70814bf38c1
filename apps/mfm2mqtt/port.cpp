// SPDX-License-Identifier: MIT
#include "port.hpp"

#include <bridge/connect.hpp>
#include <bridge/text.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace mfm {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Descriptor = asio::posix::stream_descriptor;

namespace {

constexpr auto time_to_connect = std::chrono::seconds(10);
constexpr std::string_view network_scheme = "tcp://";

/// Nothing for what is no serial server with its port.
std::optional<bridge::Address> network_address(std::string_view text) {
    if (!text.starts_with(network_scheme)) return std::nullopt;
    auto const address = bridge::parse_address(text.substr(network_scheme.size()), 0);
    return address ? std::optional(*address) : std::nullopt;
}

Error os_error(Errc code, std::string const& what) { return Error{code, what + ": " + std::strerror(errno)}; }

/// `name (pid N)` of another process that has the file open, as far as we may see.
std::string holder(std::string const& path) {
    namespace fs = std::filesystem;
    std::error_code skip;
    auto const device = fs::canonical(path, skip);
    for (auto const& process : fs::directory_iterator("/proc", skip)) {
        auto const pid = process.path().filename().string();
        if (!bridge::to_number<int>(pid) || pid == std::to_string(::getpid())) continue;
        for (auto const& open_file : fs::directory_iterator(process.path() / "fd", skip)) {
            if (fs::read_symlink(open_file, skip) != device) continue;
            std::string name;
            std::getline(std::ifstream(process.path() / "comm"), name);
            return name + " (pid " + pid + ")";
        }
    }
    return "another process";
}

Result<> set_line(int fd) {
    termios line{};
    if (::tcgetattr(fd, &line) != 0) return os_error(Errc::io, "not a serial port");
    ::cfmakeraw(&line);
    ::cfsetspeed(&line, B19200);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS);
    if (::tcsetattr(fd, TCSANOW, &line) != 0) return os_error(Errc::io, "cannot set 19200 8N1");
    return {};
}

/// A pseudo terminal keeps TIOCEXCL after its last user has gone, for as long as its other side lives: only
/// root could open it again.
bool keeps_exclusion(int fd) {
    constexpr unsigned first_major = 136;  // Unix98 slaves, Linux devices.txt
    constexpr unsigned last_major = 143;
    struct stat file {};
    return ::fstat(fd, &file) == 0 && major(file.st_rdev) >= first_major && major(file.st_rdev) <= last_major;
}

Result<Descriptor> open_serial(asio::any_io_executor executor, std::string const& path) {
    int const fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == EBUSY) return Error{Errc::io, "the port is in use by " + holder(path)};
    if (fd < 0) return os_error(Errc::unreachable, "cannot open " + path);
    Descriptor port(executor, fd);
    // The lock is for programs like us, TIOCEXCL for all others.
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return Error{Errc::io, "the port is in use by " + holder(path)};
    auto const set = set_line(fd);
    if (!set) return set.error();
    if (!keeps_exclusion(fd) && ::ioctl(fd, TIOCEXCL) != 0)
        return os_error(Errc::io, "cannot have the port alone");
    return port;
}

asio::awaitable<Result<Descriptor>> open_network(bridge::Address address) {
    auto executor = co_await asio::this_coro::executor;
    boost::beast::tcp_stream stream(executor);
    auto connecting = bridge::connect(stream, address, std::chrono::steady_clock::now() + time_to_connect);
    auto const connected = co_await std::move(connecting);
    if (!connected) co_return Error{Errc::unreachable, address.host + ": " + connected.error().detail};
    boost::system::error_code ignored;
    auto socket = stream.release_socket();
    (void)socket.set_option(asio::socket_base::keep_alive(true), ignored);
    co_return Descriptor(executor, socket.release());
}

}  // namespace

bool is_network(std::string const& address) { return address.starts_with(network_scheme); }

Result<> check_address(std::string const& address) {
    if (is_network(address) ? network_address(address).has_value() : address.starts_with('/')) return {};
    return Error{Errc::config, "must be a path such as /dev/ttyUSB0, or tcp://host:port of a serial server"};
}

asio::awaitable<Result<Descriptor>> open_port(std::string address) {
    if (auto server = network_address(address)) {
        auto opening = open_network(std::move(*server));
        co_return co_await std::move(opening);
    }
    auto executor = co_await asio::this_coro::executor;
    co_return open_serial(executor, address);
}

}  // namespace mfm
