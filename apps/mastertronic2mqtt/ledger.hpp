// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "publication.hpp"

#include <span>
#include <string>

namespace mastertronic {

/// The small file that says which results were published, a line each (`1785570000000 kh`), so that a restart
/// publishes none twice. It is appended to a few times a day. What a power cut takes of it is published
/// again, which changes nothing in the store.
class Ledger {
  public:
    /// `file` empty: nothing is kept.
    explicit Ledger(std::string file) : file_(std::move(file)) {}

    /// What was written so far; lines that are none are left out. No file: nothing was published. The error
    /// (io) says that the file cannot be read.
    [[nodiscard]] bridge::Result<Published> read() const;

    [[nodiscard]] bridge::Result<> append(std::span<TestResult const> results) const;

  private:
    std::string file_;
};

}  // namespace mastertronic
