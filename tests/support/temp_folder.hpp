// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace test {

/// An empty folder of its own that goes away with this object. When a test fails, the ends of the logs in it
/// are printed first; with TEST_KEEP set, it stays.
class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(TempFolder const&) = delete;
    TempFolder& operator=(TempFolder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string const& name) const { return path_ / name; }

    /// Writes a file into the folder and returns its path.
    std::filesystem::path write(std::string const& name, std::string const& content) const;

  private:
    std::filesystem::path path_;
    int unwinding_at_start_;
};

/// The whole file; empty when it cannot be read.
[[nodiscard]] std::string read_file(std::filesystem::path const& path);

}  // namespace test
