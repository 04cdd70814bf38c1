// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"

#include <bridge/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// What is measured together: a channel of a device, and where its rows are.
struct StoredStream {
    std::int64_t id = 0;
    std::string base;
    std::string device;
    std::string channel;
    std::string table;
    std::int64_t first = 0;  ///< ts of its oldest row, unix ms
    std::int64_t last = 0;
};

/// A field of a base, and the column that it is in.
struct StoredField {
    std::string name;
    std::string column;
    std::int64_t number = 0;
};

/// A field that a stream has.
struct FoundField {
    std::string name;
    bool is_text = false;  ///< in the newest row that was looked at
};

/// Rows of a stream, oldest first.
struct RowPiece {
    struct Row {
        std::int64_t ts = 0;                               ///< unix ms
        std::vector<std::optional<bridge::Value>> values;  ///< in the order of the question's fields
    };
    std::vector<Row> rows;
    std::optional<std::int64_t> next;  ///< from where to go on; nothing if there are no more
};

/// What there is to be asked for, and rows piece by piece: each question takes milliseconds however long the
/// tables are, so that nothing waits for it. Belongs to one thread at a time.
class SeriesReader {
  public:
    /// On a connection that outlives this.
    explicit SeriesReader(Connection& connection) : connection_(connection) {}

    /// Those that have rows, by base, device and channel; of one device where it is not empty.
    [[nodiscard]] StoreResult<std::vector<StoredStream>> streams(std::string_view device);
    /// In the order in which they came.
    [[nodiscard]] StoreResult<std::vector<StoredField>> fields(std::string_view base);
    /// Those of its base's fields that a stream has: in one of its first or newest 100 rows, or, for numbers,
    /// at any time that the rollups know. By name.
    [[nodiscard]] StoreResult<std::vector<FoundField>> fields_of(StoredStream const& stream);

    /// Rows with `from <= ts <= to`, without those that have none of these fields. At most `most_rows` are
    /// looked at, and hardly more than `most_bytes` of values taken.
    [[nodiscard]] StoreResult<RowPiece> rows(StoredStream const& stream,
                                             std::vector<StoredField> const& fields, std::int64_t from,
                                             std::int64_t to, std::size_t most_rows, std::size_t most_bytes);

  private:
    using Marks = std::vector<std::optional<bool>>;
    StoreResult<> look(StoredStream const& stream, std::vector<StoredField> const& fields,
                       std::string_view order, Marks& is_text);
    StoreResult<> ask_rollups(StoredStream const& stream, std::vector<StoredField> const& fields,
                              Marks& is_text);

    Connection& connection_;
};

}  // namespace sink
