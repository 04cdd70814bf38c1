// SPDX-License-Identifier: MIT
#include "devsim/pty.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

using namespace devsim;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for the link, gone with the test.
struct Place {
    fs::path directory;

    Place() {
        std::string name = (fs::temp_directory_path() / "devsim-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        directory = name;
    }
    ~Place() { fs::remove_all(directory); }
    Place(Place const&) = delete;
    Place& operator=(Place const&) = delete;

    [[nodiscard]] std::string link() const { return (directory / "mains").string(); }
};

FileDescriptor read_from(std::string const& path) {
    FileDescriptor reader(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(reader.is_open());
    return reader;
}

/// Reads until the text ends in `end`, or nothing more comes.
std::string read_to(FileDescriptor const& reader, std::string_view end) {
    std::string text;
    std::array<char, 4096> bytes{};
    while (!text.ends_with(end)) {
        pollfd ready{reader.get(), POLLIN, 0};
        if (::poll(&ready, 1, 2000) <= 0) break;
        auto const count = ::read(reader.get(), bytes.data(), bytes.size());
        if (count <= 0) break;
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
}

PtyPort open_port(std::string const& link, PtyPort::Delivery delivery = PtyPort::Delivery::lossy) {
    auto port = PtyPort::open(link, delivery);
    REQUIRE(port.has_value());
    return std::move(*port);
}

}  // namespace

TEST_CASE("bytes come through the link as they were sent") {
    Place const place;
    auto port = open_port(place.link());
    auto const reader = read_from(place.link());
    std::string const bytes = "\x1b[2J\a49998\r\n\x03\x04\x11\x13\x7f\xff\n";
    CHECK(port.write(bytes) == bytes.size());
    CHECK(read_to(reader, "\xff\n") == bytes);
}

TEST_CASE("what a reader sends is not echoed") {
    Place const place;
    auto port = open_port(place.link());
    auto const reader = read_from(place.link());
    REQUIRE(::write(reader.get(), "hello\r\n", 7) == 7);
    CHECK(port.tend().has_value());
    CHECK(port.write("50000\r\n") == 7);
    CHECK(read_to(reader, "\n") == "50000\r\n");
}

TEST_CASE("without a reader bytes are lost") {
    Place const place;
    auto port = open_port(place.link());
    CHECK_FALSE(port.has_reader());
    CHECK(port.write("old\n") == 0);
    auto const reader = read_from(place.link());
    CHECK(port.has_reader());
    CHECK(port.write("new\n") == 4);
    CHECK(read_to(reader, "new\n") == "new\n");
}

TEST_CASE("what a reader left unread is gone for the next") {
    Place const place;
    auto port = open_port(place.link());
    {
        auto const reader = read_from(place.link());
        CHECK(port.tend().has_value());
        CHECK(port.write("old\n") == 4);
    }
    CHECK(port.tend().has_value());
    auto const reader = read_from(place.link());
    CHECK(port.write("new\n") == 4);
    CHECK(read_to(reader, "new\n") == "new\n");
}

TEST_CASE("a lossless port keeps what a reader left unread") {
    Place const place;
    auto port = open_port(place.link(), PtyPort::Delivery::lossless);
    {
        auto const reader = read_from(place.link());
        CHECK(port.tend().has_value());
        CHECK(port.write("old\n") == 4);
    }
    CHECK(port.tend().has_value());
    auto const reader = read_from(place.link());
    CHECK(port.write("new\n") == 4);
    CHECK(read_to(reader, "new\n") == "old\nnew\n");
}

TEST_CASE("a reader that does not read makes the port full, never blocks it") {
    Place const place;
    auto port = open_port(place.link());
    auto const reader = read_from(place.link());
    std::string const bytes(1000, '5');
    std::size_t taken = 0;
    for (int i = 0; i < 1000; ++i) taken += port.write(bytes);
    CHECK(taken > 1000);
    CHECK(taken < 200'000);
    CHECK(port.write(bytes) == 0);
}

TEST_CASE("pulling the cable hangs the reader up, and another terminal comes back") {
    Place const place;
    auto port = open_port(place.link());
    auto const before = port.place();
    {
        auto const reader = read_from(place.link());
        port.unplug();
        CHECK_FALSE(port.plugged());
        CHECK_FALSE(fs::exists(fs::symlink_status(place.link())));
        CHECK(port.write("50000\r\n") == 0);
        char byte = 0;
        CHECK(::read(reader.get(), &byte, 1) <= 0);
        pollfd state{reader.get(), POLLIN, 0};
        CHECK(::poll(&state, 1, 2000) == 1);
        CHECK((state.revents & POLLHUP) != 0);
    }
    REQUIRE(port.plug().has_value());
    CHECK(port.place() != before);
    CHECK(fs::read_symlink(place.link()) == port.place());
    auto const reader = read_from(place.link());
    CHECK(port.write("50000\r\n") == 7);
    CHECK(read_to(reader, "\n") == "50000\r\n");
}

TEST_CASE("the link replaces a stale one, goes with the port, and spares what is none") {
    Place const place;
    fs::create_symlink("/dev/pts/nowhere", place.link());
    {
        auto const port = open_port(place.link());
        CHECK(fs::read_symlink(place.link()) == port.place());
    }
    CHECK_FALSE(fs::exists(fs::symlink_status(place.link())));

    std::ofstream(place.link()) << "precious";
    auto const refused = PtyPort::open(place.link(), PtyPort::Delivery::lossy);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == bridge::Errc::config);
    CHECK(fs::is_regular_file(place.link()));
}

TEST_CASE("a link that another port has taken over stays") {
    Place const place;
    auto newer = open_port(place.link());
    {
        auto const older = open_port(place.link());
        REQUIRE(newer.plug().has_value());
    }
    CHECK(fs::read_symlink(place.link()) == newer.place());
}
