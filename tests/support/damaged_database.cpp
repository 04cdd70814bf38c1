// SPDX-License-Identifier: MIT
#include "damaged_database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace test {

namespace {

/// As the file's head says it (sqlite.org/fileformat.html, 1.3.2).
std::ptrdiff_t page_size(std::string const& file) {
    return static_cast<unsigned char>(file.at(16)) * 256 + static_cast<unsigned char>(file.at(17));
}

/// On the file as another program has it open. Returns what went wrong.
std::string execute(std::filesystem::path const& database, char const* sql) {
    sqlite3* opened = nullptr;
    int result = sqlite3_open(database.c_str(), &opened);
    sqlite3_busy_timeout(opened, 20'000);
    if (result == SQLITE_OK) result = sqlite3_exec(opened, sql, nullptr, nullptr, nullptr);
    std::string const error = sqlite3_errmsg(opened);
    sqlite3_close(opened);
    return result == SQLITE_OK ? "" : database.string() + ": " + error;
}

}  // namespace

void damage(std::filesystem::path const& database) {
    // All is in the file itself after this.
    auto const trouble = execute(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (!trouble.empty()) throw std::runtime_error(trouble);
    std::string bytes = read_file(database);
    std::for_each(std::next(bytes.begin(), page_size(bytes)), bytes.end(),
                  [](char& byte) { byte = static_cast<char>(~byte); });
    // In place: it stays the file that the other program has open.
    std::fstream(database, std::ios::in | std::ios::out | std::ios::binary) << bytes;
    // Somebody has written, and only to the first page: so what others remember of the file is void.
    // It does not matter if they have met the damage before.
    (void)execute(database, "PRAGMA user_version = 3");
}

std::vector<std::string> set_aside_files(TempFolder const& folder) {
    std::vector<std::string> found;
    for (auto const& entry : std::filesystem::directory_iterator(folder.path())) {
        std::string const name = entry.path();
        bool const beside = name.ends_with("-wal") || name.ends_with("-shm");
        if (name.find(".damaged-") != std::string::npos && !beside) found.push_back(name);
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace test
