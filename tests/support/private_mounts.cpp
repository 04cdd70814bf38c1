// SPDX-License-Identifier: MIT
#include "private_mounts.hpp"

#include "private_namespaces.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <cerrno>
#include <string>
#include <system_error>

namespace test {

namespace {

[[noreturn]] void fail(char const* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void enter_private_mounts() {
    enter_private_namespaces(CLONE_NEWNS);
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

void SmallDisk::set_read_only(bool read_only) const {
    unsigned long const flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", flags, nullptr) != 0) fail("tmpfs");
}

ReplacedFile::ReplacedFile(std::filesystem::path const& file, std::filesystem::path place)
    : place_(std::filesystem::canonical(place)) {
    if (::mount(file.c_str(), place_.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind mount");
}

ReplacedFile::~ReplacedFile() { ::umount2(place_.c_str(), MNT_DETACH); }

}  // namespace test
