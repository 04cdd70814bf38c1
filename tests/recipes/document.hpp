// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace test {

/// A file of docs: `recipes/telegraf.md`.
[[nodiscard]] std::string document(std::string const& file);

/// The blocks of code in this language that a page shows; the language of a block without one is "". Throws
/// when there is none.
[[nodiscard]] std::vector<std::string> shown_code(std::string const& file, std::string const& language);

/// All matches of a pattern: its groups, the whole match first.
[[nodiscard]] std::vector<std::vector<std::string>> matches(std::string const& text,
                                                            std::string const& pattern);

}  // namespace test
