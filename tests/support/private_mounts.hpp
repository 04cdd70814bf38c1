// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>

namespace test {

/// From here on what this process and its children mount is seen by them alone, and gone with them. Works as
/// root, and as a user where user namespaces are allowed; throws where neither is. Before any other thread.
void enter_private_mounts();

/// A small disk in memory. After `enter_private_mounts`.
class SmallDisk {
  public:
    SmallDisk(std::filesystem::path folder, std::size_t bytes);
    ~SmallDisk();
    SmallDisk(SmallDisk const&) = delete;
    SmallDisk& operator=(SmallDisk const&) = delete;

    void resize(std::size_t bytes) const;
    /// While nobody has a file there open to be written.
    void set_read_only(bool read_only) const;

  private:
    std::filesystem::path folder_;
};

/// Lets `file` stand in the place of another. After `enter_private_mounts`.
class ReplacedFile {
  public:
    ReplacedFile(std::filesystem::path const& file, std::filesystem::path place);
    ~ReplacedFile();
    ReplacedFile(ReplacedFile const&) = delete;
    ReplacedFile& operator=(ReplacedFile const&) = delete;

  private:
    std::filesystem::path place_;
};

}  // namespace test
