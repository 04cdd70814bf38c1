// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace bridge {

/// The same as a gzip file, as `Content-Encoding: gzip` means it. Quick rather than small; any bytes, also
/// none. Pure, any thread.
[[nodiscard]] std::string gzipped(std::string_view bytes);

}  // namespace bridge
