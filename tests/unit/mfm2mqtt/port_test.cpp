// SPDX-License-Identifier: MIT
#include "mfm2mqtt/port.hpp"

#include "catch.hpp"
#include "support/temp_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

using bridge::Errc;
namespace asio = boost::asio;
using Opened = bridge::Result<asio::posix::stream_descriptor>;

namespace {

/// A serial line without a board.
class Terminal {
  public:
    Terminal() : board_(::posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(::grantpt(board_) == 0);
        REQUIRE(::unlockpt(board_) == 0);
        path_ = ::ptsname(board_);
    }
    ~Terminal() { (void)::close(board_); }
    Terminal(Terminal const&) = delete;
    Terminal& operator=(Terminal const&) = delete;

    [[nodiscard]] int board() const { return board_; }
    [[nodiscard]] std::string const& path() const { return path_; }

  private:
    int board_;
    std::string path_;
};

asio::awaitable<void> open_into(std::string address, std::optional<Opened>& result) {
    auto opening = mfm::open_port(std::move(address));
    auto opened = co_await std::move(opening);
    result.emplace(std::move(opened));
}

Opened open(asio::io_context& loop, std::string const& address) {
    std::optional<Opened> opened;
    asio::co_spawn(loop, open_into(address, opened), asio::detached);
    loop.run();
    loop.restart();
    return std::move(*opened);
}

/// Another process, by the name of `holder`, that has a terminal open in some way until this object goes.
class Holder {
  public:
    template <class Take>
    Holder(std::string const& path, Take take) {
        std::array<int, 2> ready{};
        std::array<int, 2> end{};
        REQUIRE(::pipe(ready.data()) == 0);
        REQUIRE(::pipe(end.data()) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            (void)::close(end[1]);
            (void)::prctl(PR_SET_NAME, "holder");
            int const fd = ::open(path.c_str(), O_RDWR | O_NOCTTY);
            char const taken = fd >= 0 && take(fd) ? 'y' : 'n';
            (void)!::write(ready[1], &taken, 1);
            char byte = 0;
            (void)!::read(end[0], &byte, 1);  // ends with this object, or with the test
            ::_exit(0);
        }
        (void)::close(end[0]);
        (void)::close(ready[1]);
        end_ = end[1];
        char taken = 0;
        REQUIRE(::read(ready[0], &taken, 1) == 1);
        (void)::close(ready[0]);
        REQUIRE(taken == 'y');
    }
    ~Holder() {
        (void)::close(end_);
        (void)::waitpid(pid_, nullptr, 0);
    }
    Holder(Holder const&) = delete;
    Holder& operator=(Holder const&) = delete;

    [[nodiscard]] std::string name() const { return "holder (pid " + std::to_string(pid_) + ")"; }

  private:
    pid_t pid_ = -1;
    int end_ = -1;
};

bool lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }

}  // namespace

TEST_CASE("an address is an absolute path or a serial server with its port") {
    for (auto const* address : {"/dev/ttyUSB0", "/dev/serial/by-id/usb-1", "tcp://server:23",
                                "tcp://10.0.0.7:65535", "tcp://[::1]:4001"}) {
        INFO(address);
        CHECK(mfm::check_address(address).has_value());
    }
    for (auto const* address :
         {"", "ttyUSB0", "'/dev/ttyAMA0'", "tcp://", "tcp://server", "tcp://server:", "tcp://:23",
          "tcp://server:0", "tcp://server:65536", "tcp://server:x", "udp://server:23"}) {
        INFO(address);
        REQUIRE_FALSE(mfm::check_address(address).has_value());
        CHECK(mfm::check_address(address).error().code == Errc::config);
    }
    CHECK(mfm::is_network("tcp://server:23"));
    CHECK_FALSE(mfm::is_network("/dev/tcp"));
}

TEST_CASE("a port is opened raw at 19200 baud and hands over what the board sends") {
    Terminal const terminal;
    asio::io_context loop(1);
    auto port = open(loop, terminal.path());
    REQUIRE(port.has_value());
    termios line{};
    REQUIRE(::tcgetattr(port->native_handle(), &line) == 0);
    CHECK(::cfgetispeed(&line) == B19200);
    CHECK(::cfgetospeed(&line) == B19200);
    CHECK((line.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS | CLOCAL | CREAD)) == (CS8 | CLOCAL | CREAD));
    CHECK((line.c_lflag & (ICANON | ECHO | ISIG)) == 0);
    CHECK((line.c_iflag & (ICRNL | IXON | ISTRIP)) == 0);

    std::string const sent(
        "\x07"
        "49998\r\n\x03\x04\x11\x1a\xff\0",
        14);
    REQUIRE(::write(terminal.board(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
    std::string got(sent.size(), '?');
    CHECK(asio::read(*port, asio::buffer(got)) == sent.size());
    CHECK(got == sent);
}

TEST_CASE("a port that another process has locked is refused with its name") {
    Terminal const terminal;
    Holder const holder(terminal.path(), lock);
    asio::io_context loop(1);
    auto const port = open(loop, terminal.path());
    REQUIRE_FALSE(port.has_value());
    CHECK(port.error().code == Errc::io);
    CHECK(port.error().detail == "the port is in use by " + holder.name());
}

TEST_CASE("a port named by a link is refused with the name of the process that has the terminal") {
    Terminal const terminal;
    test::TempFolder const folder;
    auto const link = folder / "mains";
    std::filesystem::create_symlink(terminal.path(), link);
    Holder const holder(terminal.path(), lock);
    asio::io_context loop(1);
    auto const port = open(loop, link.string());
    REQUIRE_FALSE(port.has_value());
    CHECK(port.error().detail.find(holder.name()) != std::string::npos);
}

TEST_CASE("a port that this program has is refused too") {
    Terminal const terminal;
    asio::io_context loop(1);
    auto const first = open(loop, terminal.path());
    REQUIRE(first.has_value());
    auto const second = open(loop, terminal.path());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::io);
}

TEST_CASE("once it is closed a port can be opened again") {
    Terminal const terminal;
    asio::io_context loop(1);
    for (int i = 0; i < 3; ++i) CHECK(open(loop, terminal.path()).has_value());
}

TEST_CASE("once it is closed a pseudo terminal can be opened again by a user without privileges") {
    Terminal const terminal;
    REQUIRE(::chmod(terminal.path().c_str(), 0666) == 0);
    pid_t const child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);
        asio::io_context loop(1);
        for (int i = 0; i < 2; ++i) {
            if (!open(loop, terminal.path())) ::_exit(1);
        }
        ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("what is not there is unreachable, and what is no terminal is refused") {
    asio::io_context loop(1);
    test::TempFolder const folder;
    auto const missing = open(loop, (folder / "none").string());
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == Errc::unreachable);
    auto const file = open(loop, folder.write("file", "49998\r\n").string());
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().code == Errc::io);
}

TEST_CASE("a serial server is read as a port") {
    asio::io_context loop(1);
    asio::ip::tcp::acceptor acceptor(loop, {asio::ip::make_address("127.0.0.1"), 0});
    auto const address = "tcp://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    auto port = open(loop, address);
    REQUIRE(port.has_value());
    auto board = acceptor.accept();
    asio::write(board, asio::buffer(std::string("49998\r\n")));
    std::string got(7, '?');
    CHECK(asio::read(*port, asio::buffer(got)) == 7);
    CHECK(got == "49998\r\n");
}

TEST_CASE("a serial server that refuses is unreachable") {
    asio::io_context loop(1);
    std::string address;
    {
        asio::ip::tcp::acceptor const acceptor(loop, {asio::ip::make_address("127.0.0.1"), 0});
        address = "tcp://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    }
    auto const port = open(loop, address);
    REQUIRE_FALSE(port.has_value());
    CHECK(port.error().code == Errc::unreachable);
}
