// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "mastertronic_tests.hpp"
#include "random.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace devsim {

/// The device's database, made up: that it is SQLite is known, but no table or column of the real one. It has
/// what the device is said to keep (results, schedules, reagents, settings) under the names that its other
/// interfaces use, and what makes a foreign database unpleasant: odd names, a view, tables without a rowid,
/// empty ones, blobs, a password.
class MastertronicDatabase {
  public:
    static bridge::Result<MastertronicDatabase> open(std::uint64_t seed);

    [[nodiscard]] bridge::Result<> add(WaterTest const& test);
    /// The file as the device would send it.
    [[nodiscard]] bridge::Result<std::string> bytes() const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit MastertronicDatabase(sqlite3* database) : database_(database) {}

    std::unique_ptr<sqlite3, Close> database_;
};

/// What happens to a file on its way.
enum class FileDamage {
    torn,       ///< half a page is that of another, as when it was copied while being written
    truncated,  ///< only the first half is there
    flipped,    ///< single bits, anywhere: what is flipped inside a number, nothing in the file shows
};
[[nodiscard]] std::string damaged(FileDamage kind, std::string bytes, Random& random);

}  // namespace devsim
