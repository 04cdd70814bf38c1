// SPDX-License-Identifier: MIT
#pragma once

#include "halving.hpp"
#include "line_protocol.hpp"
#include "store.hpp"
#include "store_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// Rows that go to a server together, as lines. Pure.
class LineBatch {
  public:
    /// Rows that have no form as a line are refused at once.
    void add(std::vector<StoredRow> more, Texts texts);

    [[nodiscard]] std::size_t lines() const { return ends_.size(); }
    /// Lines, one behind the other.
    [[nodiscard]] std::string const& text() const { return text_; }
    [[nodiscard]] std::string_view text(Halving::Range range) const;
    /// A line that the server will never take.
    void refuse(Halving::Refused const& refused);
    /// Without their fields.
    [[nodiscard]] std::vector<StoredRow> const& rows() const { return rows_; }

    struct Refused {
        std::int64_t row = 0;  ///< number of arrival
        OutputProgress::Refused what;
    };
    [[nodiscard]] std::vector<Refused> const& refused() const { return refused_; }

  private:
    void refuse(StoredRow const& row, std::string_view line, std::string const& sentence);

    std::vector<StoredRow> rows_;
    std::string text_;
    std::vector<std::size_t> ends_;         ///< by line
    std::vector<std::size_t> row_of_line_;  ///< some rows have none
    std::vector<Refused> refused_;
};

}  // namespace sink
