// SPDX-License-Identifier: MIT
#include "serial_line.hpp"

#include "eventually.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <cstdlib>
#include <stdexcept>

namespace test {

SerialLine::SerialLine(std::filesystem::path link)
    : link_(std::move(link)),
      board_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "posix_openpt") {
    char name[64];
    if (::grantpt(board_.get()) != 0 || ::unlockpt(board_.get()) != 0 ||
        ::ptsname_r(board_.get(), name, sizeof name) != 0) {
        throw std::system_error(errno, std::generic_category(), "pseudo terminal");
    }
    terminal_ = name;
    // In one step, so that no reader ever finds the name missing in between.
    auto const fresh = link_.string() + ".new";
    std::filesystem::remove(fresh);
    std::filesystem::create_symlink(terminal_, fresh);
    std::filesystem::rename(fresh, link_);
}

SerialLine::~SerialLine() {
    std::error_code ignored;
    std::filesystem::remove(link_, ignored);
}

bool SerialLine::opened(std::chrono::milliseconds deadline) const {
    return eventually(
        [this] {
            // Asked of the board's end, this tells the other end's settings.
            termios settings{};
            return ::tcgetattr(board_.get(), &settings) == 0 && ::cfgetispeed(&settings) == B19200 &&
                   (settings.c_lflag & static_cast<tcflag_t>(ICANON)) == 0;
        },
        deadline);
}

bool SerialLine::try_write(std::string_view bytes) {
    return ::write(board_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

void SerialLine::write(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const size = ::write(board_.get(), bytes.data(), bytes.size());
        if (size > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(size));
            continue;
        }
        if (size < 0 && errno != EAGAIN)
            throw std::system_error(errno, std::generic_category(), "serial line");
        pollfd waiting{board_.get(), POLLOUT, 0};
        if (::poll(&waiting, 1, 20'000) <= 0) throw std::runtime_error("nobody reads the serial line");
    }
}

}  // namespace test
