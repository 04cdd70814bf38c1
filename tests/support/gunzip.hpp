// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace test {

/// What was compressed; nothing if it is no whole gzip.
[[nodiscard]] std::optional<std::string> gunzipped(std::string_view bytes);

}  // namespace test
