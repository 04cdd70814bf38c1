// SPDX-License-Identifier: MIT
#include "private_mounts.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

namespace test {

namespace {

[[noreturn]] void fail(char const* what) { throw std::system_error(errno, std::generic_category(), what); }

void write_line(char const* file, std::string const& line) {
    std::ofstream out(file);
    out << line << std::flush;
    if (!out) fail(file);
}

}  // namespace

void enter_private_mounts() {
    if (::unshare(CLONE_NEWNS) != 0) {
        uid_t const user = ::geteuid();
        gid_t const group = ::getegid();
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            fail("a private mount namespace (needs root, or user namespaces)");
        write_line("/proc/self/setgroups", "deny");
        write_line("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
        write_line("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("private mounts");
}

SmallDisk::SmallDisk(std::filesystem::path folder, std::size_t bytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    std::string const size = "size=" + std::to_string(bytes);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) != 0) fail("tmpfs");
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::resize(std::size_t bytes) const {
    std::string const size = "size=" + std::to_string(bytes);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) != 0) fail("tmpfs");
}

ReplacedFile::ReplacedFile(std::filesystem::path const& file, std::filesystem::path place)
    : place_(std::filesystem::canonical(place)) {
    if (::mount(file.c_str(), place_.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind mount");
}

ReplacedFile::~ReplacedFile() { ::umount2(place_.c_str(), MNT_DETACH); }

}  // namespace test
