// SPDX-License-Identifier: MIT
#include "write_lock.hpp"

#include "eventually.hpp"

#include <sqlite3.h>
#include <stdexcept>

namespace test {

WriteLock::WriteLock(std::filesystem::path const& database) {
    sqlite3_open_v2(database.c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr);
    auto const until = std::chrono::steady_clock::now() + 20s;
    // Not SQLite's own waiting, which looks so seldom that a busy writer always comes first.
    while (sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
        if (std::chrono::steady_clock::now() > until) {
            sqlite3_close(database_);
            throw std::runtime_error("no turn to write " + database.string());
        }
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

WriteLock::~WriteLock() { sqlite3_close(database_); }

}  // namespace test
