// SPDX-License-Identifier: MIT
#include "pty.hpp"

#include <bridge/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace devsim {

namespace {

namespace fs = std::filesystem;

bridge::Error failed(std::string_view what) {
    return {bridge::Errc::io, fmt::format("{}: {}", what, std::generic_category().message(errno))};
}

struct Master {
    FileDescriptor descriptor;
    std::string terminal;
};

bridge::Result<Master> open_master() {
    Master master{FileDescriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)), {}};
    int const number = master.descriptor.get();
    std::array<char, 128> name{};
    if (number < 0 || ::grantpt(number) != 0 || ::unlockpt(number) != 0 ||
        ::ptsname_r(number, name.data(), name.size()) != 0) {
        return failed("no pseudo terminal");
    }
    master.terminal = name.data();
    return master;
}

FileDescriptor open_terminal(std::string const& path) {
    return FileDescriptor(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

bridge::Result<PtyPort> PtyPort::open(std::string link, Delivery delivery) {
    PtyPort port(std::move(link), delivery);
    auto const plugged = port.plug();
    if (!plugged) return plugged.error();
    return port;
}

PtyPort::~PtyPort() { unplug(); }

void PtyPort::unplug() {
    if (!plugged()) return;
    remove_link();
    FileDescriptor const closed = std::move(master_);
}

bridge::Result<> PtyPort::plug() {
    auto master = open_master();
    if (!master) return master.error();
    // The kernel gives out the lowest free number, which may well be the one that was just pulled.
    if (master->terminal == terminal_) {
        auto other = open_master();
        if (!other) return other.error();
        std::swap(*master, *other);
    }
    // Opened and closed once, so that the master is hung up until a reader comes. The settings stay.
    FileDescriptor const terminal = open_terminal(master->terminal);
    termios settings{};
    if (!terminal.is_open() || ::tcgetattr(terminal.get(), &settings) != 0) return failed(master->terminal);
    ::cfmakeraw(&settings);
    ::cfsetspeed(&settings, B19200);
    if (::tcsetattr(terminal.get(), TCSANOW, &settings) != 0) return failed(master->terminal);

    master_ = std::move(master->descriptor);
    terminal_ = master->terminal;
    had_reader_ = false;
    return make_link();
}

bridge::Result<> PtyPort::make_link() const {
    std::error_code error;
    auto const there = fs::symlink_status(link_, error);
    if (fs::exists(there) && !fs::is_symlink(there)) {
        return bridge::Error{bridge::Errc::config,
                             fmt::format("{} is there and is no symbolic link", bridge::quote(link_))};
    }
    // A reader must never find the link half made.
    std::string const fresh = fmt::format("{}.{}", link_, ::getpid());
    fs::remove(fresh, error);
    fs::create_symlink(terminal_, fresh, error);
    if (!error) fs::rename(fresh, link_, error);
    if (error) {
        return bridge::Error{bridge::Errc::io, fmt::format("cannot make the link {}: {}",
                                                           bridge::quote(link_), error.message())};
    }
    return {};
}

/// Only if it is still ours: another simulator may have taken it over.
void PtyPort::remove_link() const {
    std::error_code error;
    if (fs::read_symlink(link_, error) == fs::path(terminal_)) fs::remove(link_, error);
}

bool PtyPort::has_reader() const {
    if (!plugged()) return false;
    pollfd state{master_.get(), 0, 0};
    return ::poll(&state, 1, 0) >= 0 && (state.revents & POLLHUP) == 0;
}

std::size_t PtyPort::write(std::string_view bytes) {
    if (!plugged() || !has_reader()) return 0;
    auto const taken = ::write(master_.get(), bytes.data(), bytes.size());
    return taken < 0 ? 0 : static_cast<std::size_t>(taken);
}

bridge::Result<> PtyPort::tend() {
    if (!plugged()) return {};
    std::array<char, 512> unheard{};
    while (::read(master_.get(), unheard.data(), unheard.size()) > 0) {
    }
    bool const left = std::exchange(had_reader_, has_reader()) && !had_reader_;
    if (!left || delivery_ == Delivery::lossless) return {};
    FileDescriptor const terminal = open_terminal(terminal_);
    if (terminal.is_open()) {
        (void)::tcflush(terminal.get(), TCIFLUSH);  // fails only on what is no terminal
        return {};
    }
    // Exclusive use (TIOCEXCL) outlives the reader that asked for it as long as the master is open.
    return plug();
}

}  // namespace devsim
