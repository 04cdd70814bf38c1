// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

struct sqlite3;

namespace test {

/// Another program that writes the sink's file: the one that may write, for as long as this object lives.
class WriteLock {
  public:
    /// Waits for its turn; throws after 20 s.
    explicit WriteLock(std::filesystem::path const& database);
    ~WriteLock();
    WriteLock(WriteLock const&) = delete;
    WriteLock& operator=(WriteLock const&) = delete;

  private:
    sqlite3* database_ = nullptr;
};

}  // namespace test
