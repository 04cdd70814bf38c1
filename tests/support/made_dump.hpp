// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite3.h>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace test {

/// The bytes of the database file that these statements make.
[[nodiscard]] inline std::string made_dump(std::string const& sql) {
    sqlite3* opened = nullptr;
    sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const database(opened, sqlite3_close_v2);
    if (sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sqlite3_errmsg(opened));
    }
    sqlite3_int64 size = 0;
    std::unique_ptr<unsigned char, void (*)(void*)> const file(sqlite3_serialize(opened, "main", &size, 0),
                                                               sqlite3_free);
    if (!file) throw std::runtime_error("no memory for a dump");
    return {reinterpret_cast<char const*>(file.get()), static_cast<std::size_t>(size)};
}

}  // namespace test
