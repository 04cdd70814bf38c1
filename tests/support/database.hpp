// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// One row of the sink's view `samples`.
struct StoredSample {
    std::int64_t ts;
    std::string base, device, channel, field;
    std::optional<double> value;
    std::optional<std::string> text;
    auto operator<=>(StoredSample const&) const = default;
};

/// The sink's SQLite file, read as any other program may read it while the sink writes. Each question opens
/// it anew, so the file may come later than this object.
class Database {
  public:
    explicit Database(std::filesystem::path file) : file_(std::move(file)) {}

    /// `where` is SQL on the view's columns.
    [[nodiscard]] std::vector<StoredSample> samples(std::string const& where = "1") const;
    /// Nothing while the file or the table is not there yet.
    [[nodiscard]] std::optional<std::int64_t> number(std::string const& sql) const;
    [[nodiscard]] std::int64_t count(std::string const& where = "1") const;
    /// Every row as its columns' texts (NULL as ""); throws when the question is refused.
    [[nodiscard]] std::vector<std::vector<std::string>> rows(std::string const& sql) const;

  private:
    std::filesystem::path file_;
};

}  // namespace test
